/**
 * Gives a node's connections their users' notifications: to those of version 2 the whole inbox, to those of the base
 * protocol what is for the rooms that they are in. Where the engine lost something, this begins again.
 */
import type { UserId } from "../base/fields.ts";
import { userChannel } from "../core/channel.ts";
import type { Connection } from "../core/connection.ts";
import type { ConnectionHooks } from "../core/connection_hooks.ts";
import type { Kinds, Node } from "../core/node.ts";
import { Arrival } from "../core/arrival.ts";
import { NOWHERE } from "../core/publication.ts";
import type { RestoreStep } from "../core/restoring.ts";
import { Slot } from "../core/slot.ts";
import type { RoomListener } from "../rooms/entry.ts";
import { type Membership, membershipsOf } from "../rooms/membership.ts";
import { ConnectionInbox } from "./connection_inbox.ts";
import type { Inbox } from "./store/store.ts";
import { TakenMarks } from "./taken_marks.ts";

const INBOXES = new Slot<ConnectionInbox>();

/** A connection of the base protocol in one of its rooms. */
interface Occupant {
  readonly connection: Connection;
  readonly room: string;
}

export class InboxDelivery implements RoomListener, RestoreStep, ConnectionHooks {
  readonly #node: Node;
  readonly #inbox: Inbox;
  readonly #marks: TakenMarks;
  /** The connections in their rooms that get nothing until the engine is whole again. */
  #waiting: Occupant[] = [];

  constructor(node: Node, inbox: Inbox) {
    this.#node = node;
    this.#inbox = inbox;
    this.#marks = new TakenMarks(inbox, () => node.restoring.noteIncomplete());
  }

  /** How the connections of a user's channel are given what is published there. */
  get kinds(): Kinds {
    return {
      notification({ connections }, arrival) {
        const { id, room = "" } = arrival.publication;
        const position = arrival.position ?? NOWHERE;
        for (const connection of connections) {
          const outgoing = arrival.in(connection.protocol.dialect);
          INBOXES.of(connection)?.notify(room, { id, ...position, outgoing });
        }
      },
      inbox({ connections }, arrival) {
        for (const connection of connections) {
          if (connection.recovers) connection.send(arrival.in(connection.protocol.dialect));
        }
      },
    };
  }

  of(connection: Connection): ConnectionInbox {
    let inbox = INBOXES.of(connection);
    if (inbox === undefined) {
      INBOXES.set(connection, inbox = new ConnectionInbox(connection, this.#marks));
    }
    return inbox;
  }

  /** Subscribes the connection to its user's notifications. They come once the inbox is released. */
  open(connection: Connection, user: UserId): Promise<void> {
    this.of(connection).holdInbox();
    return this.#node.subscribe(connection, userChannel(connection.site, user));
  }

  entering(connection: Connection, user: UserId, { room }: Membership): Promise<void> {
    this.of(connection).awaitQueued(room);
    return this.#node.subscribe(connection, userChannel(connection.site, user));
  }

  async entered(connection: Connection, user: UserId, { room }: Membership): Promise<void> {
    if (!connection.recovers) await this.#deliverQueued(connection.site, user, room, [connection]);
  }

  missed(connection: Connection, { room }: Membership): void {
    this.#waitNoMore({ connection, room });
  }

  async left(connection: Connection, user: UserId, { room }: Membership): Promise<void> {
    INBOXES.of(connection)?.leaveRoom(room);
    if (connection.recovers || membershipsOf(connection).size > 0) return;
    await this.#node.unsubscribe(connection, userChannel(connection.site, user));
  }

  closing(connection: Connection): void {
    INBOXES.of(connection)?.finish();
  }

  closed(connection: Connection): void {
    const inbox = INBOXES.of(connection);
    const { site, user } = connection;
    if (inbox === undefined || user === undefined) return;
    this.#marks.forget(inbox);
    this.#node.background.run(
      "unsubscribe",
      this.#node.unsubscribe(connection, userChannel(site, user)),
    );
  }

  begin(): void {
    this.#waiting = [...this.#node.connections].filter((each) => !each.recovers)
      .flatMap((connection) =>
        [...membershipsOf(connection).keys()].map((room) => ({ connection, room }))
      );
    for (const { connection, room } of this.#waiting) this.of(connection).awaitQueued(room);
  }

  async restore(): Promise<void> {
    await this.#marks.flush();
    const left = this.#waiting.filter(({ connection }) => !connection.closed);
    await Promise.all(
      byUserAndRoom(left).map(([site, user, room, connections]) =>
        this.#deliverQueued(site, user, room, connections)
      ),
    );
    this.#waiting = [];
  }

  giveUp(): void {
    for (const occupant of this.#waiting) this.#waitNoMore(occupant);
    this.#waiting = [];
  }

  /** Stores what connections are known to have taken. */
  flush(): Promise<void> {
    return this.#marks.flush();
  }

  #waitNoMore({ connection, room }: Occupant): void {
    void this.of(connection).handOut(room, [], NOWHERE);
  }

  /** Gives these connections what waits for their user in the room, before anything that came meanwhile. */
  async #deliverQueued(
    site: string,
    user: UserId,
    room: string,
    connections: readonly Connection[],
  ): Promise<void> {
    const { offset, epoch, notifications } = await this.#inbox.queued(site, user, room);
    const channel = userChannel(site, user);
    const arrivals = notifications.map(({ offset, publication }) =>
      new Arrival(channel, publication, { offset, epoch })
    );
    const upTo = { offset, epoch };
    await Promise.all(connections.map((each) => {
      const queued = arrivals.map((arrival, index) => ({
        id: arrival.publication.id,
        offset: notifications[index]?.offset ?? 0,
        epoch,
        outgoing: arrival.in(each.protocol.dialect),
      }));
      return this.of(each).handOut(room, queued, upTo);
    }));
  }
}

function byUserAndRoom(occupants: readonly Occupant[]): [string, UserId, string, Connection[]][] {
  const groups = new Map<string, [string, UserId, string, Connection[]]>();
  for (const { connection, room } of occupants) {
    const { site, user } = connection;
    if (user === undefined) continue;
    const key = `${site}\n${user}\n${room}`;
    const group = groups.get(key) ?? [site, user, room, []];
    groups.set(key, group);
    group[3].push(connection);
  }
  return [...groups.values()];
}
