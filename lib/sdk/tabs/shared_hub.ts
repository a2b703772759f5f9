/**
 * Brings the tabs of one user and one session together on one connection. The server says who a tab is: each tab shows
 * its own token before it joins, and what is wrong with that is told to that tab alone. `shared_link.ts` is one
 * connection.
 */
import { closeCodeOf } from "../../base/close_codes.ts";
import { asObject, type JsonObject } from "../core/frames.ts";
import { SharedLink } from "./shared_link.ts";
import { Tab } from "./shared_tab.ts";
import { type FromTab, type Port, WORKER_VERSION } from "./shared_transport.ts";
import { CONNECTION_LOST, type OpenTransport } from "../core/transport.ts";

export class SharedHub {
  readonly #openTransport: OpenTransport;
  readonly #links = new Set<SharedLink>();
  /** Tabs that came while another tab is introduced to their server: that one may turn out to be the same user. */
  readonly #waiting = new Set<Tab>();

  constructor(openTransport: OpenTransport) {
    this.#openTransport = openTransport;
  }

  /** How many connections there are. */
  get size(): number {
    return this.#links.size;
  }

  accept(port: Port): void {
    const tab = new Tab(port);
    port.onmessage = ({ data }: { data: FromTab }) => {
      if (typeof data !== "string") {
        if ("close" in data) return this.#forget(tab);
        tab.url = data.open;
        tab.token = data.token;
        return port.postMessage({ opened: WORKER_VERSION });
      }
      tab.isThere();
      for (const line of data.split("\n")) this.#receive(tab, asObject(JSON.parse(line)));
    };
  }

  #forget(tab: Tab): void {
    this.#waiting.delete(tab);
    tab.end();
  }

  #receive(tab: Tab, command: JsonObject): void {
    if (tab.link?.isAccepted) return tab.link.send(tab, command);
    const isShown = command.type === "auth" && "credentials" in command;
    if (isShown && tab.introduction === undefined) return tab.show(command);
    if (command.type !== "connect" || tab.introduction !== undefined) return tab.keep(command);
    tab.introduction = command;
    this.#place(tab);
  }

  /** Finds out whether there is a connection for this tab, or opens one. */
  #place(tab: Tab): void {
    if (tab.isEnded) return;
    const here = [...this.#links].filter(({ url }) => url === tab.url);
    const open = here.find((link) => link.believes(tab));
    const proved = here.find(({ fingerprint }) => fingerprint !== undefined);
    if (open !== undefined) this.#join(tab, open, {});
    else if (this.#isPendingAt(tab)) this.#waiting.add(tab);
    else if (proved === undefined) this.#open(tab, false);
    else if (tab.shown === undefined) this.#open(tab, true);
    else this.#prove(tab, tab.shown, proved);
  }

  /** Asks the server about what the tab shows, over a connection of other tabs, which stays what it is. */
  #prove(tab: Tab, shown: JsonObject, over: SharedLink): void {
    over.examine(shown, (reply) => {
      if (reply === undefined) return this.#place(tab); // that connection is gone
      if (reply.success !== true) {
        tab.answerShown(reply);
        return tab.close(closeCodeOf(reply.code) ?? CONNECTION_LOST, String(reply.error));
      }
      const identity = asObject(reply.data);
      const link = this.#linkOf(tab, identity);
      if (link === undefined) this.#openUnlessPending(tab);
      else {
        tab.answerShown({ success: true, data: { user_id: identity.user_id } });
        this.#join(tab, link, identity);
      }
    });
  }

  #isPendingAt(tab: Tab): boolean {
    return [...this.#links].some(({ url, isPending }) => isPending && url === tab.url);
  }

  /** Another tab of the same user may have been asked about in the same moment: it then opens the connection. */
  #openUnlessPending(tab: Tab): void {
    if (this.#isPendingAt(tab)) this.#waiting.add(tab);
    else this.#open(tab, false);
  }

  /** @param asksFirst whether the tab may be, by its cookie, someone who has a connection already */
  #open(tab: Tab, asksFirst: boolean): void {
    if (tab.isEnded) return;
    try {
      this.#links.add(this.#newLink(tab, asksFirst));
    } catch (error) {
      tab.close(CONNECTION_LOST, String(error)); // such as a page on https that may not use ws
    }
  }

  #newLink(tab: Tab, asksFirst: boolean): SharedLink {
    const link = new SharedLink(tab, this.#openTransport, {
      identified: (identity) => {
        const other = this.#linkOf(tab, identity);
        if (other !== undefined) this.#join(tab, other, identity);
        return other !== undefined;
      },
      settled: () => this.#placeWaiting(tab.url),
      ended: () => {
        this.#links.delete(link);
        this.#placeWaiting(tab.url);
      },
    }, asksFirst);
    return link;
  }

  /** The connection of just the user and session that the server has named. */
  #linkOf(tab: Tab, { fingerprint }: JsonObject): SharedLink | undefined {
    if (fingerprint === undefined) return undefined;
    return [...this.#links].find((link) =>
      link.url === tab.url && link.fingerprint === fingerprint && link.isNamedBy(tab)
    );
  }

  #join(tab: Tab, link: SharedLink, identity: JsonObject): void {
    if (!tab.isEnded) link.add(tab, identity);
  }

  #placeWaiting(url: string): void {
    const waiting = [...this.#waiting].filter((tab) => tab.url === url);
    for (const tab of waiting) this.#waiting.delete(tab);
    for (const tab of waiting) this.#place(tab);
  }
}
