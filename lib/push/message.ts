/** Makes what a device shows of a notification. */
import type { Content } from "../core/publication.ts";
import type { Action } from "../inbox/details/actions.ts";
import type { UnsubscribeLinks } from "../preferences/links.ts";
import { EVERY_KIND } from "../preferences/types.ts";
import { wordsOf } from "../sdk/view/markdown.ts";
import type { AnswerLinks } from "./answer_links.ts";
import type { PushConfig } from "./settings.ts";
import type { Send } from "./store.ts";
import type { DeviceMessage, Push } from "./types.ts";

/** What has this priority, or a lower one, comes without a sound. */
const QUIET = 2;

interface MessageParts {
  readonly answers: AnswerLinks;
  readonly links: UnsubscribeLinks;
  readonly config: PushConfig;
}

export class Messages {
  readonly #parts: MessageParts;

  constructor(parts: MessageParts) {
    this.#parts = parts;
  }

  /** @param said what clients are shown of it @param at Unix seconds */
  async show(
    send: Send,
    said: Content & { readonly at?: number | undefined },
    badge: number,
  ): Promise<DeviceMessage> {
    const { hasText } = this.#parts.config;
    const { id, priority, expiresAt, provider } = send;
    const details = said.details ?? {};
    const group = await this.#groupOf(send, textIn(details["group"]));
    const answerUrl = await this.#answerUrl(send);
    const unsubscribeUrl = provider === "mail" ? await this.#unsubscribeUrl(send, details) : "";
    return {
      what: "show",
      ...{ id, priority, expiresAt, badge },
      at: said.at ?? Math.floor(send.at / 1000),
      ...(priority <= QUIET && { isSilent: true }),
      ...(group !== undefined && { group }),
      ...(hasText && this.#shown(send, said, details)),
      ...(answerUrl !== "" && { answerUrl }),
      ...(unsubscribeUrl !== "" && { unsubscribeUrl }),
    };
  }

  async close(send: Send, badge: number): Promise<DeviceMessage> {
    const { id, expiresAt } = send;
    const group = await this.#groupOf(send, send.group === "" ? undefined : send.group);
    return { what: "close", ...{ id, badge, expiresAt }, ...(group !== undefined && { group }) };
  }

  /** What stands for a group in a push: the same for the same group. */
  async #groupOf({ site }: Send, group: string | undefined): Promise<string | undefined> {
    const { answers, config: { hasText } } = this.#parts;
    return group === undefined || hasText ? group : await answers.groupName(site, group);
  }

  #shown(
    { provider }: Send,
    { message, image, data }: Content,
    details: Readonly<Record<string, unknown>>,
  ): Partial<Push> {
    const [title, kind] = [details["title"], details["kind"]].map(textIn);
    const isBrowser = provider === "web_push";
    const isMarkdown = details["markdown"] === true;
    const [url, icon, picture] = [details["url"], details["icon"], image?.url].map((each) => {
      const address = textIn(each);
      return address === undefined ? undefined : this.#addressOf(address, isBrowser);
    });
    const actions = Array.isArray(details["actions"]) ? details["actions"] as Action[] : undefined;
    return {
      ...(title !== undefined && { title }),
      ...(message !== undefined && { text: isMarkdown ? wordsOf(message) : message }),
      ...(message !== undefined && isMarkdown && { markdown: message }),
      ...(kind !== undefined && { kind }),
      ...(url !== undefined && { url }),
      ...(icon !== undefined && { icon }),
      ...(picture !== undefined && { image: picture }),
      ...(actions && { actions: actions.map((each) => this.#actionOf(each, isBrowser)) }),
      ...(data !== undefined && { data }),
    };
  }

  #actionOf(action: Action, isBrowser: boolean): Action {
    if (action.type !== "view") return action;
    return { ...action, url: this.#addressOf(action.url, isBrowser) ?? action.url };
  }

  /** A path is a page's own in a browser; other devices know no page. */
  #addressOf(address: string, isBrowser: boolean): string | undefined {
    const { publicUrl } = this.#parts.config;
    if (isBrowser || !address.startsWith("/")) return address;
    // As a page has it, whose paths begin at its host.
    return publicUrl === undefined ? undefined : new URL(address, publicUrl).href;
  }

  /** Without a public URL only a browser's worker knows where the server is. */
  async #answerUrl(send: Send): Promise<string> {
    const { answers, config: { publicUrl } } = this.#parts;
    if (publicUrl === undefined && send.provider !== "web_push") return "";
    return await answers.urlOf(send, send.expiresAt);
  }

  async #unsubscribeUrl(
    { site, user }: Send,
    { kind }: Readonly<Record<string, unknown>>,
  ): Promise<string> {
    const { links, config: { publicUrl } } = this.#parts;
    if (publicUrl === undefined) return "";
    const of = { kind: textIn(kind) ?? EVERY_KIND };
    return await links.unsubscribeUrl({ site, user, of, way: "mail" }, publicUrl);
  }
}

function textIn(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
