/** What one tab takes for its connection, at the worker's end; `shared_hub.ts` finds the link that it goes over. */
import { SESSION_ENDED } from "../../base/close_codes.ts";
import type { JsonObject } from "../core/frames.ts";
import { CONNECTION_LOST } from "../core/transport.ts";
import type { Port } from "./shared_transport.ts";

/** A tab that said nothing for so long is gone. It pings, even in the background, once a minute at least. */
const TAB_SILENCE_MS = 180_000;

/** What a tab may say before it has a link; more than the library ever does. */
const EARLY_LIMIT = 100;

/** A timer of a longer time would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The link that a tab goes over, as the tab has it. */
export interface TabLink {
  /** Whether the server has accepted it. */
  readonly isAccepted: boolean;
  send(tab: Tab, command: JsonObject): void;
  remove(tab: Tab): void;
}

export class Tab {
  url = "";
  /** Proves who the tab's user is; absent where credentials or a cookie do, or the server believes anyone. */
  token: string | undefined;
  /** The tab's first `auth` command, which has its credentials. */
  #showing: JsonObject | undefined;
  link: TabLink | undefined;
  /** The tab's `connect` command. */
  introduction: JsonObject | undefined;
  isEnded = false;
  readonly #port: Port;
  #early: JsonObject[] = [];
  #silence: ReturnType<typeof setTimeout> | undefined;
  #sessionEnd: ReturnType<typeof setTimeout> | undefined;

  constructor(port: Port) {
    this.#port = port;
  }

  /** By what the tab says who it is, as fields of a command; `undefined` where that is by nothing. */
  get shown(): JsonObject | undefined {
    if (this.token !== undefined) return { token: this.token };
    return this.#showing && { credentials: this.#showing.credentials };
  }

  /** Takes an `auth` command with credentials, which is answered when the server has been asked about them. */
  show(command: JsonObject): void {
    this.#showing = command;
  }

  /** Answers the command that had the credentials, once. */
  answerShown(reply: JsonObject): void {
    const ref = this.#showing?.ref;
    if (ref === undefined) return;
    this.#showing = { ...this.#showing, ref: undefined };
    this.answer(ref, reply);
  }

  /** The tab says by something new who it is. */
  showAnew({ token, credentials }: JsonObject): void {
    if (credentials === undefined) this.token = String(token);
    else this.#showing = { credentials };
  }

  receive(text: string): void {
    this.#port.postMessage(text);
  }

  /** @param ref the tab's own number of the command; one without is not answered */
  answer(ref: unknown, reply: JsonObject): void {
    if (ref !== undefined) this.receive(JSON.stringify({ ...reply, type: "reply", ref }));
  }

  /** The tab said something, so it is there. */
  isThere(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(
      () => this.close(CONNECTION_LOST, "The tab was silent"),
      TAB_SILENCE_MS,
    );
  }

  /** Keeps a command until there is a link. */
  keep(command: JsonObject): void {
    if (this.#early.push(command) > EARLY_LIMIT) {
      this.close(CONNECTION_LOST, `The tab sent ${EARLY_LIMIT} commands before it was connected`);
    }
  }

  takeEarly(): JsonObject[] {
    const early = this.#early;
    this.#early = [];
    return early;
  }

  /** Ends the tab with the session of its own token, by the server's clock, however long that of the link lasts. */
  setSessionEnd({ expires_at, timestamp }: JsonObject): void {
    clearTimeout(this.#sessionEnd);
    if (this.isEnded) return;
    const ms = (Number(expires_at) - Number(timestamp) + 1) * 1000; // both are rounded
    if (!(ms < MAX_TIMER_MS)) return;
    this.#sessionEnd = setTimeout(() => this.close(SESSION_ENDED, "the session ended"), ms);
  }

  /** Tells the tab that its connection is gone. */
  close(code: number, reason: string): void {
    if (this.isEnded) return;
    this.#port.postMessage({ closed: { code, reason } });
    this.end();
  }

  /** The tab is gone. */
  end(): void {
    this.isEnded = true;
    clearTimeout(this.#silence);
    clearTimeout(this.#sessionEnd);
    this.#port.onmessage = null;
    this.#port.close();
    this.link?.remove(this);
    this.link = undefined;
  }
}
