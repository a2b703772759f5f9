/** A worker's hub whose tabs and whose server are the test. */
import assert from "node:assert/strict";
import type { OpenTransport, TransportEvents } from "../../lib/sdk/mod.ts";
import { SharedHub } from "../../lib/sdk/tabs/shared_hub.ts";
import type { FromTab, FromWorker, Port } from "../../lib/sdk/tabs/shared_transport.ts";
import type { Frame } from "./fake_network.ts";

export const INBOX = { offset: 0, epoch: "e", unread: 0, recovered: false, notifications: [] };

export class HubWorld implements Disposable {
  readonly links: FakeLink[] = [];
  readonly #tabs: FakeTab[] = [];
  readonly #hub: SharedHub;

  constructor() {
    const open: OpenTransport = (_url, events, token) => {
      const link = new FakeLink(events, token);
      this.links.push(link);
      return { send: (text) => link.take(text), close() {} };
    };
    this.#hub = new SharedHub(open);
  }

  /** One that has introduced itself. */
  tab(token: string): FakeTab {
    const tab = new FakeTab();
    this.#hub.accept(tab);
    this.#tabs.push(tab);
    tab.tell({ open: "ws://one.test/ws", token });
    tab.send({ type: "connect", ref: 0 });
    return tab;
  }

  [Symbol.dispose](): void {
    for (const tab of this.#tabs) tab.tell({ close: true });
    assert.equal(this.#hub.size, 0);
  }
}

/** The worker's end of a connection to the server, which is the test. */
export class FakeLink {
  readonly token: string | undefined;
  readonly sent: Frame[] = [];
  readonly #events: TransportEvents;
  readonly #answered = new Set<unknown>();

  constructor(events: TransportEvents, token: string | undefined) {
    this.#events = events;
    this.token = token;
  }

  take(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  accept(fingerprint: string): void {
    this.#events.opened();
    const user = { user_id: Number(fingerprint), site_id: "default", fingerprint };
    this.answer("connect", { ...user, inbox: INBOX });
  }

  answer(type: string, data: Frame): void {
    this.#reply(type, { success: true, data });
  }

  refuse(type: string): void {
    this.#reply(type, { success: false, code: "unavailable", error: "No" });
  }

  receive(frame: Frame): void {
    this.#events.received(JSON.stringify(frame));
  }

  end(code: number): void {
    this.#events.closed(code, "");
  }

  /** To the oldest command of the type that has no answer. */
  #reply(type: string, answer: Frame): void {
    const command = this.sent.find((each) => each.type === type && !this.#answered.has(each.ref));
    assert.ok(command, `a command '${type}' (there are ${JSON.stringify(this.sent)})`);
    this.#answered.add(command.ref);
    this.receive({ type: "reply", ref: command.ref, ...answer });
  }
}

/** The hub's end of a port, whose other end is the test. */
export class FakeTab implements Port {
  onmessage: ((event: MessageEvent) => void) | null = null;
  readonly frames: Frame[] = [];
  closed: { code: number } | undefined;

  get replies(): Frame[] {
    return this.frames.filter(({ type }) => type === "reply");
  }

  tell(data: FromTab): void {
    this.onmessage?.({ data } as MessageEvent);
  }

  send(command: Frame): void {
    this.tell(JSON.stringify(command));
  }

  postMessage(message: FromTab | FromWorker): void {
    if (typeof message === "string") this.frames.push(JSON.parse(message));
    else if ("closed" in message) this.closed = message.closed;
  }

  close(): void {}
}
