/**
 * Holds a node's connections to the rooms that they may be in: when a made room changes, when somebody is put out, and once
 * more where the node may have missed changes. Who has to leave is told why, and its presence goes.
 */
import { CodedError } from "../../base/errors.ts";
import type { UserId } from "../../base/fields.ts";
import { inSlices } from "../../base/slices.ts";
import { roomChannel } from "../../core/channel.ts";
import type { Connection } from "../../core/connection.ts";
import type { HubChannel } from "../../core/hub.ts";
import { Counter, type Metric } from "../../core/metrics.ts";
import type { Node } from "../../core/node.ts";
import type { RestoreStep } from "../../core/restoring.ts";
import { membershipsOf } from "../membership.ts";
import type { Rooms } from "../rooms.ts";
import { roomPattern } from "../rules/patterns.ts";
import { isPattern } from "../rules/site_rules.ts";
import type { MadeRooms } from "./made_rooms.ts";
import type { MadeChange } from "./store.ts";

/** A connection in a room. */
type Place = readonly [connection: Connection, room: string];

export class RoomLeaving implements RestoreStep {
  readonly #node: Node;
  readonly #rooms: Rooms;
  readonly #made: MadeRooms;
  readonly #left = new Counter(
    "rooms_put_out",
    "Connections that were put out of a room, since a rule changed or another system asked for it.",
  );

  constructor(node: Node, rooms: Rooms, made: MadeRooms) {
    this.#node = node;
    this.#rooms = rooms;
    this.#made = made;
  }

  get metrics(): readonly Metric[] {
    const made: Metric = {
      name: "made_rooms",
      help: "Rooms and patterns of rooms that were made while the server runs.",
      type: "gauge",
      read: () => this.#made.count,
    };
    return [made, this.#left];
  }

  /** Reads the made rooms. Where the store is away, `restore` reads them later; until then `access.ts` says who may enter. */
  async start(): Promise<void> {
    await this.#made.load().catch((error) => this.#node.logFailure("made rooms", error));
  }

  /** Takes a change that every node was told of. Who has to leave for it is gone soon after. */
  take(change: MadeChange): void {
    this.#made.take(change);
    this.#node.background.run("leaving", this.#follow(change));
  }

  lost(): void {
    this.#made.noteMissed();
  }

  async restore(): Promise<void> {
    await this.#made.load(); // this node may have missed changes
    await this.#check(this.#places([...this.#node.hub.channels()]));
  }

  /** All rules may be others now. Who has to leave by them is gone soon after. */
  rulesChanged(): void {
    const channels = [...this.#node.hub.channels()].filter(({ kind }) => kind === "room");
    for (const channel of channels) this.#rooms.watching.ruleChanged(channel);
    this.#node.background.run("leaving", this.#check(this.#places(channels)));
  }

  /** Why this node does not know of every room who may be there; `undefined` where it does. */
  whyNotReady(): string | undefined {
    return this.#made.isComplete ? undefined : "The rooms that were made cannot be read";
  }

  async #follow(change: MadeChange): Promise<void> {
    if (change.type === "out") return await this.#putOut(change.site, change.room, change.user);
    const { site, pattern } = change.type === "made" ? change.room : change.key;
    const channels = this.#channelsOf(site, pattern);
    for (const channel of channels) this.#rooms.watching.ruleChanged(channel);
    await this.#check(this.#places(channels));
  }

  async #putOut(site: string, room: string, user: UserId): Promise<void> {
    const here = this.#node.hub.get(roomChannel(site, room));
    const places = [...here?.connections ?? []].filter((each) => each.user === user)
      .map((connection): Place => [connection, room]);
    const reason = new CodedError(
      "put_out",
      `Cannot stay in room ${JSON.stringify(room)}: another system put this user out`,
      { field: "room" },
    );
    await inSlices(places, ([connection]) => this.#takeOut(connection, room, reason));
  }

  /** Lets those leave who may not be where they are. */
  #check(places: Iterable<Place>): Promise<void> {
    return inSlices(places, ([connection, room]) => {
      const membership = membershipsOf(connection).get(room);
      if (membership === undefined) return; // it has left meanwhile
      try {
        this.#rooms.access.requireStay(connection.identity, room, membership.token);
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        if (error.code !== "unavailable") this.#takeOut(connection, room, error);
      }
    });
  }

  #takeOut(connection: Connection, room: string, reason: CodedError): void {
    if (this.#rooms.entry.putOut(connection, room, reason)) this.#left.value++;
  }

  /** The rooms with somebody on this node that a made room is about. */
  #channelsOf(site: string, pattern: string): HubChannel[] {
    const { hub } = this.#node;
    if (!isPattern(pattern)) return [hub.get(roomChannel(site, pattern)) ?? []].flat();
    const matches = roomPattern(pattern);
    return [...hub.channels()].filter((each) => {
      return each.kind === "room" && each.site === site && matches.test(each.name);
    });
  }

  *#places(channels: readonly HubChannel[]): Iterable<Place> {
    for (const { kind, name, connections } of channels) {
      if (kind !== "room") continue;
      for (const connection of [...connections]) yield [connection, name];
    }
  }
}
