/** A browser's tabs and their SharedWorker, in this process: clients of the library over one hub. */
import assert from "node:assert/strict";
import {
  type Client,
  connect,
  type ConnectOptions,
  type Gap,
  type Notification,
  type OpenTransport,
  type State,
} from "../../lib/sdk/mod.ts";
import { SharedHub } from "../../lib/sdk/tabs/shared_hub.ts";
import { portTransport } from "../../lib/sdk/tabs/shared_transport.ts";
import { waitFor } from "./wait.ts";

export class TabBrowser implements Disposable {
  /** How many connections the worker has opened. */
  opened = 0;
  /** Cuts each of the connections that are open. */
  readonly open = new Set<() => void>();
  readonly hub: SharedHub;
  readonly #tabs: Client[] = [];

  /** @param carry the transport of the worker's connections */
  constructor(carry: OpenTransport) {
    this.hub = new SharedHub((url, events, token) => {
      this.opened++;
      const transport = carry(url, {
        ...events,
        closed: (code, reason) => {
          this.open.delete(cut);
          events.closed(code, reason);
        },
      }, token);
      const cut = () => {
        close();
        events.closed(1006, "cut");
      };
      const close = () => {
        this.open.delete(cut);
        transport.close();
      };
      this.open.add(cut);
      return { send: (text) => transport.send(text), close };
    });
  }

  transport(): OpenTransport {
    return portTransport(() => {
      const { port1, port2 } = new MessageChannel();
      this.hub.accept(port1);
      return port2;
    });
  }

  tab(options: ConnectOptions): WatchedTab {
    const tab = new WatchedTab(connect({ transport: this.transport(), ...options }));
    this.#tabs.push(tab.client);
    return tab;
  }

  /** Breaks all connections. */
  cut(): void {
    for (const cut of [...this.open]) cut();
  }

  /** Resolves when there are so many connections. */
  async settled(count: number): Promise<void> {
    await waitFor(`${count} connections (there are ${this.open.size})`, () => {
      return this.open.size === count && this.hub.size === count;
    });
  }

  [Symbol.dispose](): void {
    for (const tab of this.#tabs) tab.close();
  }
}

/** A tab's client, with all that it was told. */
export class WatchedTab implements Disposable {
  readonly client: Client;
  readonly states: State[] = [];
  readonly notifications: Notification[] = [];
  readonly gaps: Gap[] = [];

  constructor(client: Client) {
    this.client = client;
    client.on("state", (state) => this.states.push(state));
    client.on("notification", (notification) => this.notifications.push(notification));
    client.on("gap", (gap) => this.gaps.push(gap));
    client.on("error", () => {}); // tests look for errors elsewhere
  }

  /** The messages of the notifications, in the order in which they came. */
  get heard(): string[] {
    return this.notifications.map(({ message }) => message);
  }

  /** The kinds of states that the client was in. */
  get went(): string {
    return this.states.map(({ kind }) => kind).join(" ");
  }

  async online(times = 1): Promise<void> {
    await waitFor(`it is online (it went ${JSON.stringify(this.states)})`, () => {
      return this.states.filter(({ kind }) => kind === "online").length >= times &&
        this.client.state.kind === "online";
    });
  }

  async hears(...messages: string[]): Promise<void> {
    await waitFor(
      `it hears ${messages} (it heard ${this.heard})`,
      () => this.heard.length >= messages.length,
    );
    assert.deepEqual(this.heard, messages);
  }

  async stopped(code: number | string): Promise<void> {
    await waitFor(`it is stopped (it went ${JSON.stringify(this.states)})`, () => {
      return this.client.state.kind === "stopped";
    });
    const { state } = this.client;
    assert.equal(state.kind === "stopped" && state.code, code);
  }

  [Symbol.dispose](): void {
    this.client.close();
  }
}
