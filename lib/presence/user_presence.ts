/**
 * The presence of users over all rooms, connections and nodes: who is online, away or offline, at which devices, and since
 * when. Nothing is followed before somebody asks for it. Next: `following.ts`, and `watching.ts` for who is told.
 */
import { pause } from "../base/clock.ts";
import type { UserId } from "../base/fields.ts";
import { unixSeconds } from "../base/times.ts";
import type { Connection } from "../core/connection.ts";
import type { ConnectionHooks } from "../core/connection_hooks.ts";
import { Counter, type Metric } from "../core/metrics.ts";
import type { Kinds, Node } from "../core/node.ts";
import type { Publication } from "../core/publication.ts";
import type { RestoreStep } from "../core/restoring.ts";
import { every, type Task } from "../core/task.ts";
import type { Storage } from "../engines/storage.ts";
import type { Asked } from "./asked.ts";
import type { Device } from "./device.ts";
import { Following, type OnlineWitness } from "./following.ts";
import type { LastSeen } from "./last_seen.ts";
import type { OnlineUser } from "./online_store.ts";
import { openOnline } from "./open.ts";
import { type Presence, presenceOf } from "./part.ts";
import { type Acquaintances, type Privacy, Rights } from "./rights.ts";
import { type RightsChange, type Watched, Watching } from "./watching.ts";
import { NOBODY, type PresenceOnWire, presenceOnWire } from "./wire.ts";

/** How often it is looked who is offline. */
const LOOK_EVERY_MS = 1000;
/** How long whoever asks first waits for other nodes to write which users they have. */
const OTHERS_MS = 3000;
const OTHERS_LOOK_MS = 50;

export interface UserPresenceParts {
  readonly node: Node;
  readonly storage: Storage;
  readonly asked: Asked;
  readonly lastSeen: LastSeen;
  /** How long after the last connection a user is offline. */
  readonly offlineSeconds: number;
}

export class UserPresence implements ConnectionHooks, RestoreStep {
  readonly #node: Node;
  readonly #asked: Asked;
  readonly #lastSeen: LastSeen;
  readonly #graceMs: number;
  readonly #rights = new Rights();
  readonly #following: Following;
  readonly #watching: Watching;
  readonly #told = new Counter(
    "presence_told",
    "Changes of users' presence that connections were told.",
  );
  /** Whether somebody has asked for presence, so that all nodes are told of changes. */
  #isAsked = false;
  /** Resolves when all nodes follow. */
  #asking: Promise<void> | undefined;

  constructor({ node, storage, asked, lastSeen, offlineSeconds }: UserPresenceParts) {
    this.#node = node;
    this.#asked = asked;
    this.#lastSeen = lastSeen;
    this.#graceMs = offlineSeconds * 1000;
    this.#following = new Following({
      node,
      graceMs: this.#graceMs,
      openStore: () => openOnline(storage, this.#graceMs),
      changed: (user) => this.#tellNodes(user),
      ended: (user, goneAt) => lastSeen.note(user, goneAt),
    });
    this.#watching = new Watching({
      read: (site, users) => this.#read(site, users),
      rightsOf: (...asked) => this.#rights.of(...asked),
      runInBackground: (work) =>
        node.background.run(
          "presence",
          work().catch((error) => node.noteIncomplete("presence", error)),
        ),
      told: this.#told,
    });
  }

  /** Users whom a viewer may see by this rule, too: members of a conversation, or contacts. */
  addAcquaintances(rule: Acquaintances): void {
    this.#rights.addAcquaintances(rule);
  }

  /** What users hide. */
  setPrivacy(rule: Privacy): void {
    this.#rights.addPrivacy(rule);
  }

  /**
   * Who may see these users has changed, or whom these users may see: somebody blocked, left or hid something. Whoever may
   * not see them any more hears nothing of them from then on, at any node.
   *
   * @param others only what is between the users and these has changed
   */
  rightsChanged(site: string, users: readonly UserId[], others?: readonly UserId[]): void {
    if (!this.#isAsked || users.length === 0) return;
    this.#publish(site, { kind: "presence_rights", data: { users, others } });
  }

  /** What a viewer may see of users, by user; whom the viewer may not see is left out. Rejects where a store is away. */
  async seenBy(
    site: string,
    viewer: UserId,
    users: readonly UserId[],
  ): Promise<ReadonlyMap<UserId, PresenceOnWire>> {
    const rights = await this.#rights.of(site, viewer, users);
    const found = await this.of(site, [...rights.keys()]);
    return new Map([...rights].map(([user, right]) => [
      user,
      presenceOnWire(found.get(user), right),
    ]));
  }

  /** What is known of users, for whom nothing is hidden from, such as the application. Rejects where a store is away. */
  async of(site: string, users: readonly UserId[]): Promise<ReadonlyMap<UserId, Presence>> {
    if (users.length === 0) return new Map();
    await this.#ask();
    return await this.#read(site, users);
  }

  /** When a user was there last, in Unix milliseconds, where anybody knows that. */
  async lastSeen(site: string, user: UserId): Promise<number | undefined> {
    const [kept] = await this.#following.store?.read(site, [user]) ?? [];
    const written = (await this.#lastSeen.of(site, [user])).get(user);
    const last = Math.max(kept?.lastSeen ?? 0, written ?? 0);
    return last > 0 ? last : undefined;
  }

  /** Forgets when a user was there last, and, if the user is there now, when that ends. Says whether it was known. */
  async eraseLastSeen(site: string, user: UserId): Promise<boolean> {
    const isKnown = await this.#following.store?.erase({ site, user }) ?? false;
    const isWritten = (await this.#lastSeen.of(site, [user])).has(user);
    await this.#lastSeen.erase(site, user);
    return isKnown || isWritten;
  }

  /** From now on the connection is told of these users what its user may see, and of no others. */
  async watch(connection: Connection, users: readonly UserId[]): Promise<Watched> {
    const viewer = connection.requireUser();
    const channel = newsOf(connection.site);
    if (users.length > 0) {
      await this.#ask();
      // It hears of changes before anything is read, so that none is lost in between.
      if (!connection.closed) await this.#node.subscribe(connection, channel);
    }
    try {
      const watched = await this.#watching.watch(connection, viewer, users);
      connection.charge({ entries: users.length });
      return watched;
    } finally {
      if (!this.#watching.isWatching(connection)) {
        this.#node.unsubscribeLater(connection, channel);
      }
    }
  }

  /** The client says that its user is away, or back. */
  setAway(connection: Connection, isAway: boolean): void {
    connection.requireUser();
    this.#following.noteAway(connection, isAway);
  }

  /** The client says at which device it is. */
  setDevice(connection: Connection, device: Device): void {
    this.#following.noteDevice(connection, device);
  }

  /** Has a witness told of users who come online and go offline, from now on. */
  async witnessBy(witness: OnlineWitness): Promise<void> {
    this.#following.witnessBy(witness);
    await this.#following.begin();
  }

  /** Follows from the start where somebody has asked before. */
  async start(): Promise<void> {
    if (await this.#asked.wasAsked().catch(() => false)) await this.#follow();
  }

  /** Somebody has asked at another node. */
  askedElsewhere(): void {
    if (!this.#isAsked) this.#node.background.run("presence", this.#follow());
  }

  identified(connection: Connection, user: UserId): void {
    this.#forget(connection); // a guest has watched as somebody else
    this.#following.identified(connection, user);
  }

  closed(connection: Connection): void {
    this.#following.closed(connection);
    this.#forget(connection);
  }

  #forget(connection: Connection): void {
    if (!this.#watching.isWatching(connection)) return;
    this.#watching.forget(connection);
    this.#node.unsubscribeLater(connection, newsOf(connection.site));
  }

  begin(hasGap: boolean): void {
    if (hasGap) this.#watching.expectMore(this.#graceMs);
  }

  async restore(signal: AbortSignal): Promise<void> {
    if (!this.#isAsked && await this.#asked.wasAsked()) return await this.#follow(); // while this node heard nothing
    await this.#following.restore(signal);
    if (!this.#isAsked) return;
    await this.#asked.follows();
    await this.#watching.refresh();
  }

  readonly kinds: Kinds = {
    presence_changed: ({ site }, { publication: { message = "" } }) =>
      this.#watching.changed({ site, user: message }),
    presence_rights: ({ site }, { publication: { data } }) =>
      this.#node.background.run(
        "presence",
        this.#watching.rightsChanged(site, data as RightsChange),
      ),
  };

  /** The node is about to end: all connections are gone. */
  async stop(): Promise<void> {
    await this.#following.store?.stop?.().catch(() => {}); // when users were there last is less exact then
    await this.#lastSeen.write().catch(() => {});
  }

  get task(): Task {
    return every("look at who is offline", LOOK_EVERY_MS, async () => {
      await this.#following.look();
      await this.#lastSeen.write();
      await this.#watching.retry();
    });
  }

  get metrics(): readonly Metric[] {
    const gauge = (name: string, help: string, read: () => number): Metric => ({
      ...{ name, help, read },
      type: "gauge",
    });
    return [
      gauge(
        "presence_users",
        "Users with connections to this node, where presence is followed.",
        () => this.#following.size,
      ),
      gauge(
        "presence_watchers",
        "Connections that watch users' presence.",
        () => this.#watching.connections,
      ),
      gauge("presence_watched", "Users whose presence is watched.", () => this.#watching.users),
      this.#told,
    ];
  }

  async #read(site: string, users: readonly UserId[]): Promise<Map<UserId, Presence>> {
    const parts = await this.#following.store?.read(site, users) ?? [];
    const found = parts.map(presenceOf);
    const offline = users.filter((_, at) => found[at]?.status === "offline");
    const lastSeen = await this.#lastSeen.of(site, offline);
    return new Map(users.map((user, at) => {
      const presence = found[at] ?? NOBODY;
      const seen = Math.max(presence.lastSeen ?? 0, lastSeen.get(user) ?? 0);
      return [user, seen > 0 ? { ...presence, lastSeen: seen } : presence];
    }));
  }

  /** Resolves when all nodes follow who is online: the first time, that has to begin. */
  #ask(): Promise<void> {
    return this.#asking ??= this.#askAll().catch((error) => {
      this.#asking = undefined;
      throw error;
    });
  }

  async #askAll(): Promise<void> {
    if (!this.#isAsked) {
      await this.#asked.ask();
      await this.#follow();
    }
    // A node of an earlier version never does.
    const deadline = performance.now() + OTHERS_MS;
    while (performance.now() < deadline && !await this.#asked.allFollow()) {
      await pause(OTHERS_LOOK_MS);
    }
  }

  async #follow(): Promise<void> {
    this.#isAsked = true;
    await this.#following.begin();
    await this.#following.restore();
    await this.#asked.follows();
  }

  #tellNodes({ site, user }: OnlineUser): void {
    if (this.#isAsked) this.#publish(site, { kind: "presence_changed", message: user });
  }

  #publish(site: string, news: Pick<Publication, "kind" | "message" | "data">): void {
    const publication = { ...news, id: "-", at: unixSeconds() };
    const published = async () => void await this.#node.publish(newsOf(site), publication);
    this.#node.background.later(
      "presence",
      () => published().catch((error) => this.#node.noteIncomplete("presence", error)),
    );
  }
}

/** The channel on which nodes hear whose presence has changed, and who may see it. */
function newsOf(site: string) {
  return { site, kind: "presence", name: "users" };
}
