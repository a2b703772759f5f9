/** Brings tabs that are one user at one server together on one connection; `shared_link.ts` is that connection. */
import { asFields, type Fields } from "./frames.ts";
import { SharedLink } from "./shared_link.ts";
import type { FromTab, Port } from "./shared_transport.ts";
import type { OpenTransport } from "./transport.ts";

/** A tab that said nothing for so long is gone. It pings, even in the background, once a minute at least. */
const TAB_SILENCE_MS = 180_000;

export class SharedHub {
  readonly #openTransport: OpenTransport;
  readonly #links = new Map<string, SharedLink>();

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
        if ("close" in data) return tab.end();
        tab.url = data.open;
        tab.token = data.token;
        return port.postMessage({ opened: true });
      }
      tab.isThere();
      for (const line of data.split("\n")) this.#receive(tab, asFields(JSON.parse(line)));
    };
  }

  #receive(tab: Tab, command: Fields): void {
    if (command.type !== "connect") return tab.link?.send(tab, command);
    const key = JSON.stringify([tab.url, String(command.user_id), command.name]);
    const link = this.#links.get(key) ?? this.#open(key, tab);
    tab.link = link;
    link.add(tab, command);
  }

  /** By the token of the tab that comes first: all of a browser's tabs here are one user's. */
  #open(key: string, { url, token }: Tab): SharedLink {
    const link = new SharedLink({ url, token }, this.#openTransport, () => {
      if (this.#links.get(key) === link) this.#links.delete(key);
    });
    this.#links.set(key, link);
    return link;
  }
}

/** One tab's connection, as it thinks. */
export class Tab {
  url = "";
  token: string | undefined;
  link: SharedLink | undefined;
  readonly #port: Port;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(port: Port) {
    this.#port = port;
  }

  receive(text: string): void {
    this.#port.postMessage(text);
  }

  /** It said something. */
  isThere(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.close(1006, "The tab was silent"), TAB_SILENCE_MS);
  }

  /** Tells the tab that its connection is gone. */
  close(code: number, reason: string): void {
    this.#port.postMessage({ closed: { code, reason } });
    this.end();
  }

  /** The tab is gone. */
  end(): void {
    clearTimeout(this.#silence);
    this.#port.onmessage = null;
    this.#port.close();
    this.link?.remove(this);
    this.link = undefined;
  }
}
