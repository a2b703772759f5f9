/** The connections that are told what happens in their users' conversations: those that have asked for it, and no others. */
import type { UserId } from "../base/fields.ts";
import { chatChannel } from "../core/channel.ts";
import type { Connection } from "../core/connection.ts";
import type { ConnectionHooks } from "../core/connection_hooks.ts";
import type { Metric } from "../core/metrics.ts";
import type { Node } from "../core/node.ts";
import { Slot } from "../core/slot.ts";
import { crowdChannel } from "./publisher.ts";

/** As whom a connection hears of conversations. */
interface Subscribed {
  readonly site: string;
  readonly user: UserId;
}

const SUBSCRIBED = new Slot<Subscribed>();

export class ChatSubscribers implements ConnectionHooks {
  readonly #node: Node;

  constructor(node: Node) {
    this.#node = node;
  }

  /** Resolves when the connection hears of its user's conversations. */
  async subscribe(connection: Connection): Promise<void> {
    const user = connection.requireUser();
    const { site } = connection;
    const known = SUBSCRIBED.of(connection);
    if (known?.user === user && known.site === site) return;
    if (known !== undefined) this.#leave(connection, known);
    SUBSCRIBED.set(connection, { site, user });
    await Promise.all([
      this.#node.subscribe(connection, chatChannel(site, user)),
      this.#node.subscribe(connection, crowdChannel(site)),
    ]);
    if (connection.closed) this.#leave(connection, { site, user });
  }

  async changed(connection: Connection): Promise<void> {
    if (SUBSCRIBED.of(connection) !== undefined) await this.subscribe(connection);
  }

  closed(connection: Connection): void {
    const known = SUBSCRIBED.of(connection);
    if (known !== undefined) this.#leave(connection, known);
  }

  get metrics(): readonly Metric[] {
    return [{
      name: "chat_users",
      help: "Users with a connection to this node that hears of their conversations.",
      type: "gauge",
      read: () => this.#node.hub.count("chat"),
    }];
  }

  #leave(connection: Connection, { site, user }: Subscribed): void {
    SUBSCRIBED.set(connection, undefined);
    this.#node.unsubscribeLater(connection, chatChannel(site, user));
    this.#node.unsubscribeLater(connection, crowdChannel(site));
  }
}
