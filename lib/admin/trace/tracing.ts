/**
 * Follows what happens to one user or in one room, on this node: it taps the connections in question while somebody looks, and
 * no others, so that those cost nothing more.
 */
import { type UserId, userIdOnWire } from "../../base/fields.ts";
import { roomChannel } from "../../core/channel.ts";
import type { Connection, Tap } from "../../core/connection.ts";
import type { ConnectionHooks } from "../../core/connection_hooks.ts";
import type { Node } from "../../core/node.ts";
import type { Outgoing } from "../../core/outgoing.ts";
import type { RoomListener } from "../../rooms/entry.ts";
import type { Membership } from "../../rooms/membership.ts";
import type { Snapshot } from "../live/snapshot.ts";
import { framesIn, type ShownFrame, shownFrame } from "./frames.ts";

/** Most connections of a room that are followed on one node. */
export const MOST_TAPPED = 200;

export interface TraceSubject {
  readonly site: string;
  /** One of both is there. */
  readonly user?: UserId | undefined;
  readonly room?: string | undefined;
  /** Whether the texts of frames are shown. */
  readonly texts: boolean;
}

/** One frame, in the shape in which it is shown. */
export interface TraceLine {
  readonly at: number;
  readonly node: string;
  readonly connection: string;
  readonly user_id?: number | string;
  readonly room?: string;
  readonly direction: "in" | "out";
  readonly type: string;
  readonly bytes: number;
  readonly text?: string;
}

interface Trace {
  readonly subject: TraceSubject;
  show(line: TraceLine): void;
}

interface TracingParts {
  readonly node: Node;
  readonly id: string;
  readonly snapshot: Snapshot;
}

export class Tracing implements Tap, ConnectionHooks, RoomListener {
  readonly #parts: TracingParts;
  readonly #traces = new Set<Trace>();
  readonly #tapped = new Set<Connection>();
  /** The last connections that were opened, at most `MOST_TAPPED`: they may be on their way to the user or the room. */
  readonly #newcomers = new Set<Connection>();

  constructor(parts: TracingParts) {
    this.#parts = parts;
  }

  /** Shows frames of the subject until disposal. */
  follow(subject: TraceSubject, show: Trace["show"]): Disposable {
    const trace = { subject, show };
    this.#traces.add(trace);
    for (const connection of this.#connectionsOf(subject)) this.#tap(connection);
    return {
      [Symbol.dispose]: () => {
        this.#traces.delete(trace);
        if (this.#traces.size === 0) this.#untapAll();
      },
    };
  }

  opened(connection: Connection): void {
    if (this.#traces.size === 0) return;
    connection.tap = this;
    this.#newcomers.add(connection);
    if (this.#newcomers.size <= MOST_TAPPED) return;
    for (const oldest of this.#newcomers) {
      this.#newcomers.delete(oldest);
      if (!this.#tapped.has(oldest)) oldest.tap = undefined;
      return;
    }
  }

  identified(connection: Connection, user: UserId): void {
    if (this.#traces.size > 0 && this.#isUserFollowed(connection.site, user)) this.#tap(connection);
  }

  closed(connection: Connection): void {
    if (this.#tapped.size > 0) this.#tapped.delete(connection);
    if (this.#newcomers.size > 0) this.#newcomers.delete(connection);
  }

  entering(connection: Connection, _user: UserId, { room }: Membership): Promise<void> {
    if (this.#traces.size > 0 && this.#isRoomFollowed(connection.site, room)) this.#tap(connection);
    return Promise.resolve();
  }

  entered(): Promise<void> {
    return Promise.resolve();
  }

  missed(): void {}

  userChanged(): void {}

  left(): Promise<void> {
    return Promise.resolve();
  }

  received(connection: Connection, data: string | Uint8Array): void {
    const traces = this.#tracesOf(connection);
    if (traces.length === 0) return;
    for (const frame of framesIn(connection, data)) this.#show(connection, traces, frame, "in");
  }

  sent(connection: Connection, outgoing: Outgoing): void {
    const traces = this.#tracesOf(connection);
    if (traces.length === 0) return;
    this.#show(connection, traces, shownFrame(outgoing.text), "out");
  }

  #show(
    connection: Connection,
    traces: readonly Trace[],
    { type, room, bytes, text }: ShownFrame,
    direction: "in" | "out",
  ): void {
    const user = connection.user ?? connection.identity?.user;
    for (const { subject, show } of traces) {
      if (subject.room !== undefined && subject.room !== room) continue;
      show({
        ...{ at: Date.now() / 1000, node: this.#parts.id, connection: connection.id },
        ...(user !== undefined && { user_id: userIdOnWire(user) }),
        ...(room !== undefined && { room }),
        ...{ direction, type, bytes },
        ...(subject.texts && { text }),
      });
    }
  }

  /** The traces that a connection's frames may be for. */
  #tracesOf(connection: Connection): Trace[] {
    const { site, user = connection.identity?.user } = connection;
    return [...this.#traces].filter(({ subject }) =>
      subject.site === site && (subject.user === undefined || subject.user === user)
    );
  }

  #isRoomFollowed(site: string, room: string): boolean {
    return [...this.#traces].some(({ subject }) => subject.site === site && subject.room === room);
  }

  #isUserFollowed(site: string, user: UserId): boolean {
    return [...this.#traces].some(({ subject }) => subject.site === site && subject.user === user);
  }

  #connectionsOf({ site, user, room }: TraceSubject): Connection[] {
    const { node, snapshot } = this.#parts;
    if (user !== undefined) return snapshot.of(site, user);
    return room === undefined ? [] : [...node.hub.get(roomChannel(site, room))?.connections ?? []];
  }

  #tap(connection: Connection): void {
    if (connection.closed || this.#tapped.size >= MOST_TAPPED * this.#traces.size) return;
    this.#tapped.add(connection);
    connection.tap = this;
  }

  #untapAll(): void {
    for (const connection of this.#tapped.union(this.#newcomers)) connection.tap = undefined;
    this.#tapped.clear();
    this.#newcomers.clear();
  }
}
