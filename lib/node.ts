/**
 * One running server: takes what clients and other systems say to the engine, and what the engine fans out to
 * its clients. One way in (`publish`, `notify`) and one way out (`handlePublication`), so that there is one
 * order. Next on a message's way: the engine, then `hub.ts`.
 */
import { getLogger } from "@logtape/logtape";
import { Client, type ClientNode, type Membership, type RoomMessage } from "./client.ts";
import type { Config } from "./config.ts";
import { Counters } from "./counters.ts";
import type {
  Channel,
  Connection,
  Engine,
  EngineHandler,
  Publication,
  UserConnection,
} from "./engine.ts";
import { DISCONNECTS, NotifyliError } from "./errors.ts";
import { type UserId, userIdOnWire } from "./fields.ts";
import { messageFrame, presenceEventFrame, unixSeconds } from "./frames.ts";
import { Hub, roomChannel, userChannel } from "./hub.ts";
import { nextId } from "./ids.ts";
import { Outgoing, type Socket } from "./socket.ts";
import { Subscriptions } from "./subscriptions.ts";

const log = getLogger(["notifyli", "node"]);

/** Marks that could not be written are tried again; past so many, the oldest are given up. */
const MAX_UNMARKED = 10_000;

/** A notification that another system asks for. */
export interface NotificationRequest {
  readonly site: string;
  readonly user: UserId;
  readonly room: string;
  readonly message: string;
  /** Name of the sender. */
  readonly from: string;
  /** Unix time in seconds; now, if absent. */
  readonly timestamp?: number;
}

interface Mark {
  readonly site: string;
  readonly user: UserId;
  readonly ids: readonly string[];
}

export class Node implements ClientNode, EngineHandler {
  readonly counters = new Counters();
  readonly #engine: Engine;
  readonly #config: Config;
  readonly #hub = new Hub();
  readonly #clients = new Set<Client>();
  readonly #subscriptions: Subscriptions;
  readonly #background = new Set<Promise<void>>();
  #unmarked: Mark[] = [];
  #incomplete = false;
  #sweep: ReturnType<typeof setInterval> | undefined;

  constructor(engine: Engine, config: Config) {
    this.#engine = engine;
    this.#config = config;
    this.#subscriptions = new Subscriptions(engine.broker, this.#hub, (error) => {
      this.#incomplete = true;
      this.logFailure("subscription", error);
    });
  }

  async start(): Promise<void> {
    await this.#engine.run(this);
    this.#sweep = setInterval(() => this.#sweepClients(), this.#config.keepaliveSeconds * 1000);
  }

  /** Closes every client with a code that tells it to come back, and removes their presence. */
  async stop(): Promise<void> {
    clearInterval(this.#sweep);
    for (const client of this.#clients) client.disconnect(DISCONNECTS.shutdown);
    while (this.#background.size > 0) await Promise.all(this.#background);
  }

  /** A new connection. */
  accept(socket: Socket): Client {
    const client = new Client(this, socket, this.#config.limits);
    this.#clients.add(client);
    this.counters.connections++;
    log.debug("client {client} connected", { client: client.id });
    return client;
  }

  /** The client is gone: so is it from its rooms. */
  remove(client: Client): void {
    if (!this.#clients.delete(client)) return;
    log.debug("client {client} is gone", { client: client.id });
    for (const room of [...client.memberships.keys()]) {
      this.#runInBackground("leave", this.leave(client, room));
    }
  }

  /** Puts the client in a room, and hands it the notifications that wait for its user there. */
  async join(
    client: Client,
    user: UserId,
    { room, name }: { room: string; name: string },
  ): Promise<void> {
    const membership: Membership = {
      room,
      name,
      connectedAt: unixSeconds(),
      held: [],
      heldEvents: undefined,
    };
    client.memberships.set(room, membership);
    const channels = [roomChannel(client.site, room), userChannel(client.site, user)];
    for (const channel of channels) this.#hub.add(client, channel);
    await Promise.all(channels.map((channel) => this.#subscriptions.sync(channel)));
    try {
      await this.#enter(client, user, membership);
      if (client.memberships.get(room) === membership) {
        await this.#deliverQueued(client.site, user, room, [client]);
      }
    } catch (error) {
      // The client is in the room of this node; the rest is made good once the engine is back.
      this.#incomplete = true;
      this.logFailure("join", error);
      this.#releaseHeld(client, user, room);
    }
  }

  async leave(client: Client, room: string): Promise<void> {
    const membership = client.memberships.get(room);
    const { user, site } = client;
    if (membership === undefined || user === undefined) return;
    client.memberships.delete(room);
    const channels = [roomChannel(site, room)];
    if (client.memberships.size === 0) channels.push(userChannel(site, user));
    for (const channel of channels) this.#hub.remove(client, channel);
    try {
      await this.#exit(client, user, membership);
    } finally {
      await Promise.all(channels.map((channel) => this.#subscriptions.sync(channel)));
    }
  }

  /** Everyone in the room; from now on the client gets its joins and leaves. */
  async watch(client: Client, room: string): Promise<UserConnection[]> {
    this.#hub.get(roomChannel(client.site, room))?.watchers.add(client);
    return await this.#engine.presence.list(client.site, room);
  }

  /** Says something in a room, to all in it. Rejects where the engine did not take it. */
  async publish(site: string, message: RoomMessage): Promise<string> {
    const { room } = message;
    const id = message.id ?? nextId();
    const text = messageFrame("usermsg", { ...message, id, timestamp: unixSeconds() });
    this.counters.messages++;
    await this.#engine.broker.publish(roomChannel(site, room), {
      kind: "message",
      id,
      room,
      text,
    });
    return id;
  }

  /** Sends a notification. Resolves once it is stored; rejects where it is not. */
  async notify(request: NotificationRequest): Promise<{ id: string; online: boolean }> {
    const { site, user, room, message, from, timestamp = unixSeconds() } = request;
    const id = nextId();
    const text = messageFrame("direct_message", {
      id,
      room,
      user,
      name: from,
      message,
      timestamp,
    });
    const [connection] = await Promise.all([
      this.#engine.presence.get(site, room, user),
      this.#engine.inbox.append({ site, user, id, room, text }),
    ]);
    this.counters.notifications++;
    log.debug("notification {id} for user {user} in room {room} is stored", { id, user, room });
    return { id, online: connection !== undefined };
  }

  connections(site: string, room: string): Promise<UserConnection[]> {
    return this.#engine.presence.list(site, room);
  }

  connection(site: string, room: string, user: UserId): Promise<UserConnection | undefined> {
    return this.#engine.presence.get(site, room, user);
  }

  /** Why the engine cannot store anything right now; `undefined` while it can. */
  unready(): Promise<string | undefined> {
    return this.#engine.unready();
  }

  stats(): Record<string, number> {
    return { clients: this.#clients.size, ...this.#hub.stats(), ...this.counters };
  }

  handlePublication(channel: Channel, { kind, id, room, text }: Publication): void {
    const here = this.#hub.get(channel);
    if (here === undefined) return;
    const outgoing = new Outgoing(text);
    switch (kind) {
      case "message":
        for (const client of here.clients) client.send(outgoing);
        return;
      case "notification": {
        let taken = false;
        for (const client of here.clients) taken = client.notify(room, id, outgoing) || taken;
        if (taken) this.#markSent({ site: channel.site, user: channel.name, ids: [id] });
        return;
      }
      case "join":
      case "leave":
        for (const client of here.watchers) client.sendPresenceEvent(room, outgoing);
    }
  }

  handleRestored(): void {
    this.#subscriptions.forget();
    this.#runInBackground("restore", this.#restore());
  }

  dropSlow(client: Client): void {
    this.counters.dropped_slow++;
    log.info("client {client} of user {user} reads too slowly and is closed", describe(client));
    client.disconnect(DISCONNECTS.slow);
  }

  /** Logs what was not the caller's fault. That the engine is away, it has said itself, once. */
  logFailure(what: string, error: unknown): void {
    const away = error instanceof NotifyliError && error.options.isAway;
    const reason = error instanceof Error ? error.message : String(error);
    log[away ? "debug" : "error"]("{what} failed: {reason}", { what, reason });
  }

  /** Makes the user seen in the room, by this client. */
  async #enter(client: Client, user: UserId, membership: Membership): Promise<void> {
    const first = await this.#engine.presence.add(
      client.site,
      user,
      connectionOf(client, user, membership),
    );
    const { room, name } = membership;
    if (client.memberships.get(room) !== membership) {
      await this.#exit(client, user, membership); // it left while it was entering
    } else if (first) {
      await this.#publishPresence("join", client.site, user, { room, name });
    }
  }

  async #exit(client: Client, user: UserId, membership: Membership): Promise<void> {
    const last = await this.#engine.presence.remove(
      client.site,
      user,
      connectionOf(client, user, membership),
    );
    const { room, name } = membership;
    if (last) await this.#publishPresence("leave", client.site, user, { room, name });
  }

  async #publishPresence(
    kind: "join" | "leave",
    site: string,
    user: UserId,
    { room, name }: { room: string; name: string },
  ): Promise<void> {
    const text = presenceEventFrame(kind, { room, user, name });
    await this.#engine.broker.publish(roomChannel(site, room), { kind, id: "-", room, text });
  }

  /** Hands what waits for the user in the room to these clients, before anything that came meanwhile. */
  async #deliverQueued(
    site: string,
    user: UserId,
    room: string,
    clients: readonly Client[],
  ): Promise<void> {
    const stored = await this.#engine.inbox.queued(site, user, room);
    const queued = stored.map(({ id, text }) => ({ id, outgoing: new Outgoing(text) }));
    const ids = new Set(clients.flatMap((client) => client.release(room, queued)));
    if (ids.size > 0) this.#markSent({ site, user, ids: [...ids] });
  }

  /** Takes up again what the engine lost: subscriptions, presence, and what was stored meanwhile. */
  async #restore(): Promise<void> {
    this.#incomplete = false;
    try {
      await Promise.all(
        [...this.#hub.channels()].map((channel) => this.#subscriptions.sync(channel)),
      );
      const unmarked = this.#unmarked;
      this.#unmarked = [];
      for (const mark of unmarked) this.#markSent(mark);
      const inRooms = [...this.#clients].flatMap((client) =>
        [...client.memberships.values()].map((membership) => ({ client, membership }))
      );
      await Promise.all(inRooms.map(async ({ client, membership }) => {
        if (client.user !== undefined) await this.#enter(client, client.user, membership);
      }));
      await Promise.all(
        byUserAndRoom(inRooms).map(async ([site, user, room, clients]) => {
          for (const client of clients) client.hold(room);
          try {
            await this.#deliverQueued(site, user, room, clients);
          } finally {
            for (const client of clients) this.#releaseHeld(client, user, room);
          }
        }),
      );
    } catch (error) {
      this.#incomplete = true;
      throw error;
    }
  }

  /** Lets go what is still held back, where the inbox could not be read. */
  #releaseHeld(client: Client, user: UserId, room: string): void {
    const ids = client.release(room, []);
    if (ids.length > 0) this.#markSent({ site: client.site, user, ids });
  }

  #markSent(mark: Mark): void {
    const { site, user, ids } = mark;
    this.#engine.inbox.markSent(site, user, ids).catch(() => {
      if (this.#unmarked.push(mark) > MAX_UNMARKED) this.#unmarked.shift();
      this.#incomplete = true;
    });
  }

  #sweepClients(): void {
    for (const client of this.#clients) {
      if (!client.isStalled()) continue;
      this.counters.dropped_stalled++;
      log.info("client {client} of user {user} takes nothing and is dropped", describe(client));
      client.terminate();
    }
    if (this.#incomplete) {
      this.#runInBackground("restore", this.#restoreIfReady());
    }
  }

  async #restoreIfReady(): Promise<void> {
    if (await this.unready() === undefined) await this.#restore();
  }

  #runInBackground(what: string, task: Promise<void>): void {
    const done = task.catch((error) => this.logFailure(what, error)).finally(() =>
      this.#background.delete(done)
    );
    this.#background.add(done);
  }
}

function connectionOf(client: Client, user: UserId, membership: Membership): Connection {
  return {
    client_id: client.id,
    room: membership.room,
    name: membership.name,
    user_id: userIdOnWire(user),
    connected_at: membership.connectedAt,
  };
}

function byUserAndRoom(
  inRooms: readonly { client: Client; membership: Membership }[],
): [string, UserId, string, Client[]][] {
  const groups = new Map<string, [string, UserId, string, Client[]]>();
  for (const { client, membership: { room } } of inRooms) {
    if (client.user === undefined) continue;
    const key = `${client.site}\n${client.user}\n${room}`;
    const group = groups.get(key) ?? [client.site, client.user, room, []];
    groups.set(key, group);
    group[3].push(client);
  }
  return [...groups.values()];
}

function describe(client: Client): Record<string, unknown> {
  return { client: client.id, user: client.user };
}
