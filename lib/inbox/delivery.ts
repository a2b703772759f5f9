/**
 * Gives a node's connections their users' notifications: to those of version 2 the whole inbox, to those of the base
 * protocol what is for the rooms that they are in. Where the engine lost something, this begins again.
 */
import { isRefusedAlone } from "../base/errors.ts";
import type { UserId } from "../base/fields.ts";
import { Arrival } from "../core/arrival.ts";
import { userChannel } from "../core/channel.ts";
import type { Connection } from "../core/connection.ts";
import type { ConnectionHooks } from "../core/connection_hooks.ts";
import type { Kinds, Node } from "../core/node.ts";
import { NOWHERE } from "../core/publication.ts";
import type { RestoreStep } from "../core/restoring.ts";
import { Slot } from "../core/slot.ts";
import { inSlices } from "../base/slices.ts";
import type { RoomListener } from "../rooms/entry.ts";
import { type Membership, membershipsOf } from "../rooms/membership.ts";
import { againOf, ConnectionInbox } from "./connection_inbox.ts";
import { SharedReads } from "../base/shared_reads.ts";
import { Queue } from "./queue.ts";
import type { Shows } from "./shown.ts";
import type { StepRecord } from "./steps.ts";
import type { Inbox } from "./store/store.ts";
import { TakenMarks } from "./taken_marks.ts";

const INBOXES = new Slot<ConnectionInbox>();

/** Inboxes that are read at once after a loss. */
const READ_AT_ONCE = 200;

/**
 * About how many characters of what waits are read and handed out at once. Many devices of a user may come together, and
 * other connections have their turns between two pages.
 */
const PAGE_CHARACTERS = 65_536;

/** A user's connections of the base protocol in one of its rooms. */
interface Occupants {
  readonly site: string;
  readonly user: UserId;
  readonly room: string;
  readonly connections: Connection[];
}

export class InboxDelivery implements RoomListener, RestoreStep, ConnectionHooks {
  readonly #node: Node;
  readonly #inbox: Inbox;
  readonly #marks: TakenMarks;
  readonly #shows: Shows;
  /**
   * The connections of the base protocol that may have missed something in some of their rooms, with these rooms. What was
   * handed out to them is taken from here, so that another loss in the middle costs no more than it has to.
   */
  readonly #unserved = new Map<Connection, Set<string>>();
  readonly #queues = new SharedReads<Queue>();

  constructor(node: Node, inbox: Inbox, { shows, steps }: { shows: Shows; steps: StepRecord }) {
    this.#shows = shows;
    this.#node = node;
    this.#inbox = inbox;
    this.#marks = new TakenMarks(inbox, steps, () => node.restoring.noteIncomplete());
  }

  /** How the connections of a user's channel are given what is published there. */
  get kinds(): Kinds {
    return {
      notification: ({ connections }, arrival) => {
        const { id, room = "" } = arrival.publication;
        const position = arrival.position ?? NOWHERE;
        const again = againOf(arrival.publication);
        const shown = this.#show(arrival);
        for (const connection of connections) {
          const outgoing = shown.in(connection.protocol.dialect);
          INBOXES.of(connection)?.notify(room, { id, again, ...position, outgoing });
        }
      },
      inbox({ connections }, arrival) {
        for (const connection of connections) {
          if (connection.recovers) connection.send(arrival.in(connection.protocol.dialect));
        }
      },
    };
  }

  /** What has come live, as clients see it. */
  #show(arrival: Arrival): Arrival {
    const { channel, publication, position } = arrival;
    const shown = this.#shows.show(publication);
    return shown === publication ? arrival : new Arrival(channel, shown, position);
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
    const { site, recovers } = connection;
    if (recovers) return;
    await this.#handOut({ site, user, room, connections: [connection] });
  }

  missed(connection: Connection, { room }: Pick<Membership, "room">): void {
    this.#waitNoMore(connection, room);
    if (connection.recovers || connection.closed) return;
    const rooms = this.#unserved.get(connection) ?? new Set();
    this.#unserved.set(connection, rooms.add(room));
  }

  userChanged(connection: Connection, before: UserId): void {
    INBOXES.of(connection)?.beginAnew();
    this.#unserved.delete(connection);
    this.#node.unsubscribeLater(connection, userChannel(connection.site, before));
  }

  async left(connection: Connection, user: UserId, { room }: Membership): Promise<void> {
    INBOXES.of(connection)?.leaveRoom(room);
    this.#unserved.get(connection)?.delete(room);
    if (connection.recovers || membershipsOf(connection).size > 0) return;
    await this.#node.unsubscribe(connection, userChannel(connection.site, user));
  }

  closing(connection: Connection): void {
    INBOXES.of(connection)?.finish();
  }

  closed(connection: Connection): void {
    const inbox = INBOXES.of(connection);
    const { site, user } = connection;
    this.#unserved.delete(connection);
    if (inbox === undefined || user === undefined) return;
    this.#marks.forget(inbox);
    this.#node.unsubscribeLater(connection, userChannel(site, user));
  }

  async begin(hasGap: boolean, signal: AbortSignal): Promise<void> {
    for (const connection of hasGap ? this.#node.connections : []) {
      const rooms = membershipsOf(connection);
      if (connection.recovers || rooms.size === 0) continue;
      this.#unserved.set(connection, new Set(rooms.keys()));
    }
    await inSlices(this.#unserved, ([connection, rooms]) => {
      for (const room of rooms) this.of(connection).awaitQueued(room);
    }, { signal });
  }

  async restore(signal: AbortSignal): Promise<void> {
    await this.#marks.flush();
    const groups = new Map<string, Occupants>();
    await inSlices(this.#unserved, ([connection, rooms]) => group(connection, rooms, groups), {
      signal,
    });
    await inSlices(groups.values(), async (occupants) => {
      const handing = await this.#readQueued(occupants).catch((error) =>
        this.#withoutQueued(occupants, error)
      );
      this.#noteServed(occupants);
      // A client that takes its time holds up none of the others.
      this.#node.background.run(
        "notifications",
        handing().catch((error) => this.#again(occupants, error)),
      );
    }, { atOnce: READ_AT_ONCE, signal });
  }

  giveUp(): void {
    for (const [connection, rooms] of this.#unserved) {
      for (const room of rooms) this.#waitNoMore(connection, room);
    }
  }

  /** Stores what connections are known to have taken. */
  flush(): Promise<void> {
    return this.#marks.flush();
  }

  #waitNoMore(connection: Connection, room: string): void {
    this.of(connection).waitNoMore(room);
  }

  /** The engine was away again before all was handed out. */
  #again({ room, connections }: Occupants, error: unknown): void {
    for (const connection of connections) this.missed(connection, { room });
    this.#node.noteIncomplete("notifications", error);
  }

  /** Where one user's inbox is broken, that user alone gets nothing of what waits. Throws where more is wrong. */
  #withoutQueued({ user, room, connections }: Occupants, error: unknown): () => Promise<void> {
    if (!isRefusedAlone(error)) throw error;
    this.#node.logFailure("reading an inbox", error, { user });
    for (const connection of connections) this.#waitNoMore(connection, room);
    return () => Promise.resolve();
  }

  #noteServed({ room, connections }: Occupants): void {
    for (const connection of connections) {
      const rooms = this.#unserved.get(connection);
      if (rooms?.delete(room) && rooms.size === 0) this.#unserved.delete(connection);
    }
  }

  /** Gives these connections what waits for their user in the room, before anything that came meanwhile. */
  async #handOut(occupants: Occupants): Promise<void> {
    const handing = await this.#readQueued(occupants);
    await handing();
  }

  /** Reads what waits for a user in a room. Returns what gives it to the user's connections there. */
  async #readQueued(
    { site, user, room, connections }: Occupants,
  ): Promise<() => Promise<void>> {
    const key = JSON.stringify([site, user, room]);
    const queue = await this.#queues.read(key, () => this.#queueOf(site, user, room));
    return async () => {
      const theirs = connections.filter((each) => each.user === user); // a guest may be somebody else by now
      await Promise.all(theirs.map((each) => this.of(each).handOut(room, queue)));
    };
  }

  async #queueOf(site: string, user: UserId, room: string): Promise<Queue> {
    const options = { characters: PAGE_CHARACTERS };
    const queued = await this.#inbox.queued(site, user, room, options);
    const read = (ids: readonly string[]) => this.#inbox.read(site, user, ids, options);
    return new Queue(userChannel(site, user), queued, read);
  }
}

/** Adds a connection to those of its user in each of the rooms. */
function group(
  connection: Connection,
  rooms: Iterable<string>,
  groups: Map<string, Occupants>,
): void {
  const { site, user } = connection;
  if (user === undefined) return;
  for (const room of rooms) {
    const key = `${site}\n${user}\n${room}`;
    const occupants = groups.get(key) ?? { site, user, room, connections: [] };
    groups.set(key, occupants);
    occupants.connections.push(connection);
  }
}
