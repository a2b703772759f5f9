/**
 * One running server: takes what clients and other systems say to the engine, and what the engine fans out to
 * its clients. One way in (`publish`, `notify`) and one way out (`handlePublication`), so that there is one
 * order. Next on a message's way: the engine, then `hub.ts`.
 */
import { getLogger } from "@logtape/logtape";
import { evictedBy, evictedNow } from "../auth/revocations/evictions.ts";
import type { Identity, TokenFacts } from "../auth/identity.ts";
import { Revocations } from "../auth/revocations/revocations.ts";
import { RoomAccess } from "../rooms/access.ts";
import type { TokenVerifier } from "../auth/tokens.ts";
import { type Channel, roomChannel, sessionChannel, userChannel } from "./channel.ts";
import { Connection, type ConnectionNode, type Protocol } from "./connection.ts";
import type { Membership, PublishedMessage, RoomMessage, RoomSync } from "../rooms/membership.ts";
import type { Config } from "../config/config.ts";
import type { Counters } from "./counters.ts";
import type { AccessChange } from "../auth/revocations/store.ts";
import type { Engine, EngineHandler } from "../engines/engine.ts";
import type { Notification, Taken } from "../inbox/store/store.ts";
import { NOWHERE, type Position, type Publication } from "./publication.ts";
import type { UserPresence } from "../rooms/store/store.ts";
import { CodedError, type Disconnect, DISCONNECTS, type ErrorCode } from "../base/errors.ts";
import type { UserId } from "../base/fields.ts";
import { messageFrame } from "../protocols/frames.ts";
import { unixSeconds } from "../base/times.ts";
import { Hub } from "./hub.ts";
import { nextId } from "../base/ids.ts";
import { IdentifyDeadline } from "../limits/identify_deadline.ts";
import { UserLimits } from "../limits/user_limits.ts";
import type { ParsedNotification } from "../inbox/notification.ts";
import { RoomEntry } from "../rooms/entry.ts";
import { RoomHistory } from "../rooms/history.ts";
import { RoomPresence } from "../rooms/presence.ts";
import type { RoomRules } from "../rooms/rules/room_rules.ts";
import { TakenMarks } from "../inbox/taken_marks.ts";
import { flat, Outgoing } from "./outgoing.ts";
import type { Socket } from "./socket.ts";
import { Subscriptions } from "./subscriptions.ts";

const log = getLogger(["notifyli", "node"]);

const EVICTED: Readonly<Record<number, keyof Counters & `closed_${string}`>> = {
  [DISCONNECTS.token_revoked.code]: "closed_revoked",
  [DISCONNECTS.blocked.code]: "closed_blocked",
  [DISCONNECTS.disconnected.code]: "closed_disconnected",
};

/** Receivers from which on it pays to make a text flat. */
const MANY = 8;

/** How soon what could not be restored is tried again, where the engine is there. */
const RESTORE_AGAIN_MS = 1000;

/** A notification that another system asks for. */
export interface NotificationRequest extends ParsedNotification {
  readonly site: string;
  /** Of the bridge or the stream. */
  readonly claim?: Notification["claim"];
  /** Of the bridge, for a notification whose caller made no id; of a retry, it may be there already. */
  readonly made?: { readonly id: string; readonly isRetry: boolean };
  /** Whether the answer is to say if the user is online; costs a look at who is in the room. */
  readonly asksOnline?: boolean;
}

export interface NotifyResult {
  readonly id: string;
  /** Whether the user had a client in the room; `false` where the request does not ask. */
  readonly online: boolean;
  /** The caller's id was there before; nothing was sent again. */
  readonly isDuplicate: boolean;
  /** Unix time in seconds at which it will be delivered; absent where it is in the inbox. */
  readonly deliverAt?: number;
}

export class Node implements ConnectionNode, EngineHandler {
  readonly counters: Counters;
  /** Absent: the server is open. */
  readonly tokens: TokenVerifier | undefined;
  readonly access: RoomAccess;
  readonly revocations: Revocations;
  readonly #engine: Engine;
  readonly #config: Config;
  readonly #hub = new Hub();
  readonly #clients = new Set<Connection>();
  readonly #subscriptions: Subscriptions;
  readonly #background = new Set<Promise<void>>();
  readonly #checks: (() => string | undefined)[] = [];
  readonly #marks: TakenMarks;
  readonly #rules: RoomRules;
  readonly #roomHistory: RoomHistory;
  readonly #entry: RoomEntry;
  readonly #userLimits: UserLimits;
  readonly #authDeadline: IdentifyDeadline<Connection>;
  #incomplete = false;
  #sweep: ReturnType<typeof setInterval> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;
  #isStopping = false;

  constructor(
    engine: Engine,
    config: Config,
    { counters, tokens, rules }: {
      counters: Counters;
      tokens: TokenVerifier | undefined;
      rules: RoomRules;
    },
  ) {
    this.counters = counters;
    this.tokens = tokens;
    this.access = new RoomAccess(rules, tokens);
    this.revocations = new Revocations(engine.revocations);
    this.#engine = engine;
    this.#config = config;
    this.#userLimits = new UserLimits(config);
    this.#authDeadline = new IdentifyDeadline(
      config.authSeconds,
      (late) => this.#dropUnidentified(late),
    );
    this.#rules = rules;
    this.#roomHistory = new RoomHistory(engine.broker, rules);
    this.#marks = new TakenMarks(engine.inbox, () => this.#incomplete = true);
    this.#subscriptions = new Subscriptions(engine.broker, this.#hub, (error) => {
      this.#incomplete = true;
      this.logFailure("subscription", error);
    });
    this.#entry = new RoomEntry({
      hub: this.#hub,
      subscriptions: this.#subscriptions,
      revocations: this.revocations,
      presence: new RoomPresence(engine, () => this.#incomplete = true),
      inbox: engine.inbox,
      incomplete: (what, error) => {
        this.#incomplete = true;
        this.logFailure(what, error);
      },
      runInBackground: (what, task) => this.#runInBackground(what, task),
    });
  }

  async start(): Promise<void> {
    await this.#engine.run(this);
    // Where Redis is away, they are read once it is there; until then no token is taken.
    await this.revocations.load().catch((error) => this.logFailure("revocations", error));
    this.#sweep = setInterval(() => this.#sweepClients(), this.#config.keepaliveSeconds * 1000);
  }

  /** Closes every client with a code that tells it to come back. */
  closeClients(): void {
    for (const client of this.#clients) client.disconnect(DISCONNECTS.shutdown);
  }

  /** Closes every client and waits until their presence is removed. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#sweep);
    clearTimeout(this.#again);
    this.#authDeadline[Symbol.dispose]();
    this.closeClients();
    await this.#marks.flush();
    while (this.#background.size > 0) await Promise.all(this.#background);
  }

  /** A new connection, of this one where the handshake has proved who it is. */
  accept(socket: Socket, protocol: Protocol, identity: Identity | undefined): Connection {
    const { limits } = this.#config;
    const traffic = this.#userLimits.newTraffic();
    const client = new Connection(this, socket, { protocol, limits, traffic, identity });
    this.#clients.add(client);
    this.#authDeadline.add(client);
    this.counters.connections++;
    log.debug("client {client} connected", { client: client.id });
    try {
      client.auth.requireUnrevoked(); // it may have been revoked since the handshake was looked at
    } catch (error) {
      client.reportError(error);
    }
    return client;
  }

  /** The client is gone: so is it from its rooms. */
  remove(client: Connection): void {
    if (!this.#clients.delete(client)) return;
    this.#authDeadline.delete(client);
    log.debug("client {client} is gone", { client: client.id });
    this.#marks.forget(client);
    for (const room of [...client.memberships.keys()]) {
      this.#runInBackground("leave", this.leave(client, room));
    }
    const { site, user, session } = client;
    if (session !== undefined) this.#unsubscribe(client, sessionChannel(session));
    if (user !== undefined) this.#unsubscribe(client, userChannel(site, user));
  }

  join(
    client: Connection,
    user: UserId,
    room: { room: string; name: string; maxClients?: number; token?: TokenFacts },
  ): Promise<void> {
    return this.#entry.join(client, user, room);
  }

  rename(client: Connection, user: UserId, membership: Membership): Promise<void> {
    return this.#entry.rename(client, user, membership);
  }

  leave(client: Connection, room: string): Promise<void> {
    return this.#entry.leave(client, room);
  }

  /** Everyone in the room; from now on the client gets its joins and leaves. */
  async watch(client: Connection, room: string): Promise<UserPresence[]> {
    this.access.requireSight(room);
    this.#hub.watch(client, roomChannel(client.site, room));
    return await this.#engine.presence.list(client.site, room);
  }

  /** From now on the client takes the commands that are sent to its session, on this node or another. */
  async openSession(client: Connection, session: string): Promise<void> {
    if (client.closed) return;
    client.session = session;
    const channel = sessionChannel(session);
    this.#hub.add(client, channel);
    await this.#subscriptions.sync(channel);
  }

  /**
   * Hands commands to the client that has the session, wherever it is; says whether there is one. All of them go by
   * the engine, so that those that reach two nodes stay in order.
   */
  command(session: string, text: string): Promise<boolean> {
    const publication = { kind: "command", id: "-", room: "-", text } as const;
    return this.#engine.broker.forward(sessionChannel(session), publication);
  }

  recover(client: Connection, room: string, since: Position | undefined): Promise<RoomSync> {
    return this.#roomHistory.recover(client.site, room, since);
  }

  history(
    client: Connection,
    room: string,
    options: { since?: Position; limit: number },
  ): Promise<RoomSync> {
    return this.#roomHistory.read(client.site, room, options);
  }

  async openInbox(client: Connection, user: UserId): Promise<void> {
    const channel = userChannel(client.site, user);
    this.#hub.add(client, channel);
    await this.#subscriptions.sync(channel);
  }

  /** Says something in a room, to all in it. Rejects where the engine did not take it. */
  publish(
    channel: Channel,
    message: RoomMessage,
  ): Promise<PublishedMessage> | PublishedMessage {
    const { room } = message;
    const id = message.id ?? nextId();
    const isClientsId = message.id !== undefined;
    const text = messageFrame("usermsg", id, message, unixSeconds());
    this.counters.messages++;
    const published = this.#engine.broker.publish(
      channel,
      { kind: "message", id, room, text, isClientsId },
      this.#rules.of(room).history,
    );
    return published instanceof Promise
      ? published.then((published) => ({ id, text, published }))
      : { id, text, published };
  }

  /** Sends a notification, or schedules it. Resolves once it is stored; rejects where it is not. */
  async notify(request: NotificationRequest): Promise<NotifyResult> {
    const { site, user, room, message, from, expiresAt } = request;
    const id = request.id ?? request.made?.id ?? nextId();
    const deliverAt = (request.deliverAt ?? 0) * 1000;
    const isLater = deliverAt > Date.now();
    const timestamp = request.timestamp ?? (isLater ? undefined : unixSeconds());
    const notification: Notification = {
      site,
      user,
      id,
      isCallersId: request.id !== undefined || request.made?.isRetry,
      room,
      text: messageFrame("direct_message", id, { room, user, name: from, message }, timestamp),
      expiresAt: expiresAt === undefined ? undefined : expiresAt * 1000,
      claim: request.claim,
    };
    const { inbox, schedule, presence } = this.#engine;
    const asking = request.asksOnline
      ? presence.get(site, room, user).catch(() => undefined) // what is stored is accepted all the same
      : undefined;
    const isNew =
      await (isLater
        ? schedule.add({ ...notification, deliverAt, isUndated: timestamp === undefined })
        : inbox.append(notification));
    const connection = asking && await asking;
    if (isNew) this.counters[isLater ? "scheduled" : "notifications"]++;
    log.debug("notification {id} for user {user} in room {room} is stored", { id, user, room });
    // One that was there before may have been sent with another time.
    const dueAt = isNew ? (isLater ? deliverAt : undefined) : await schedule.dueAt(site, user, id);
    return {
      id,
      online: connection !== undefined,
      isDuplicate: !isNew,
      deliverAt: dueAt && dueAt / 1000,
    };
  }

  noteHanded(client: Connection): void {
    this.#marks.note(client);
  }

  noteTaken({ site, user }: Connection, ids: readonly string[], how: Taken): void {
    if (user !== undefined) this.#marks.write({ site, user, ids, state: how });
  }

  connections(site: string, room: string): Promise<UserPresence[]> {
    return this.#engine.presence.list(site, room);
  }

  connection(site: string, room: string, user: UserId): Promise<UserPresence | undefined> {
    return this.#engine.presence.get(site, room, user);
  }

  /** Why this node cannot do its work right now; `undefined` while it can. */
  async unready(): Promise<string | undefined> {
    return await this.#engine.unready() ?? this.#whyNotAllRevoked() ??
      this.#checks.map((check) => check()).find((reason) => reason !== undefined);
  }

  /** Another part has a say in whether this node is ready: it says why not. */
  addReadinessCheck(check: () => string | undefined): void {
    this.#checks.push(check);
  }

  stats(): Record<string, number> {
    return { clients: this.#clients.size, ...this.#hub.stats(), ...this.counters };
  }

  handlePublication(
    channel: Channel,
    { kind, id, room, text }: Publication,
    position?: Position,
  ): void {
    const here = this.#hub.get(channel);
    if (here === undefined) return;
    const isForMany = here.clients.size >= MANY;
    const outgoing = new Outgoing(isForMany ? flat(text) : text, position && { channel, position });
    switch (kind) {
      case "message":
        for (const client of here.clients) client.deliver(room, position?.offset ?? 0, outgoing);
        return;
      case "notification":
        for (const client of here.clients) {
          client.notifications.notify(room, { id, ...(position ?? NOWHERE), outgoing });
        }
        return;
      case "inbox":
        for (const client of here.clients) if (client.protocol.hasInbox) client.send(outgoing);
        return;
      case "command":
        for (const client of here.clients) client.message(text);
        return;
      case "join":
      case "leave":
        for (const client of here.watchers ?? []) client.deliver(room, 0, outgoing);
    }
  }

  handleAccess(change: AccessChange): void {
    this.revocations.take(change);
    this.#evict((client) => evictedBy(change, client));
  }

  handleRestored(): void {
    this.revocations.noteMissed();
    this.#subscriptions.forget();
    for (const client of this.#clients) {
      // It knows where it stands, and gets exactly what it missed when it comes back.
      if (client.protocol.hasInbox) client.disconnect(DISCONNECTS.missed);
    }
    this.#runInBackground("restore", this.#restore());
  }

  dropSlow(client: Connection): void {
    this.counters.dropped_slow++;
    log.info("client {client} of user {user} reads too slowly and is closed", describe(client));
    client.disconnect(DISCONNECTS.slow);
  }

  dropFlood(client: Connection): void {
    this.counters.dropped_flood++;
    log.info("client {client} of user {user} sends too fast and is closed", describe(client));
    client.cutOff(DISCONNECTS.too_many_frames);
  }

  noteTooBig(client: Connection): void {
    this.counters.dropped_too_big++;
    log.info("client {client} of user {user} sent too big a message", describe(client));
  }

  noteRefused(code: ErrorCode): void {
    this.counters.noteRefused(code);
  }

  dropSilent(client: Connection): void {
    this.counters.dropped_stalled++;
    log.info("client {client} of user {user} is silent and is closed", describe(client));
    client.disconnect(DISCONNECTS.stalled);
  }

  dropUnproved(client: Connection, disconnect: Disconnect): void {
    const hadSession = disconnect === DISCONNECTS.session_ended;
    this.counters[hadSession ? "auth_ended" : "auth_late"]++;
    if (hadSession) client.disconnect(disconnect);
    else client.cutOff(disconnect); // it may be there to send and send
  }

  /** Someone brought a token that was not taken. */
  noteRefusedToken(error: unknown): void {
    this.counters.auth_refused++;
    if (!(error instanceof CodedError)) return this.logFailure("token check", error);
    log.debug("a token is refused: {reason}", { reason: error.message });
  }

  /** Logs what was not the caller's fault. That the engine is away, it has said itself, once. */
  logFailure(what: string, error: unknown): void {
    const away = error instanceof CodedError && error.options.isAway;
    const reason = error instanceof Error ? error.message : String(error);
    log[away ? "debug" : "error"]("{what} failed: {reason}", { what, reason });
  }

  /** Takes up again what the engine lost: subscriptions, presence, and what was stored meanwhile. */
  async #restore(): Promise<void> {
    this.#incomplete = false;
    try {
      await this.#entry.restore(this.#clients, async () => {
        await this.revocations.load(); // this node may have missed some
        this.#evict((client) => evictedNow(this.revocations, client));
        await Promise.all(
          [...this.#hub.channels()].map((channel) => this.#subscriptions.sync(channel)),
        );
        await this.#marks.flush();
      });
    } catch (error) {
      this.#incomplete = true;
      this.#restoreSoon();
      throw error;
    }
  }

  /** Closes the clients of this node that may not stay, in one pass over all. */
  #evict(why: (client: Connection) => Disconnect | undefined): void {
    for (const client of this.#clients) {
      const disconnect = why(client);
      if (disconnect === undefined) continue;
      const counter = EVICTED[disconnect.code];
      if (counter !== undefined) this.counters[counter]++;
      log.info("client {client} of user {user} is closed: {reason}", {
        ...describe(client),
        reason: disconnect.reason,
      });
      client.disconnect(disconnect);
    }
  }

  #whyNotAllRevoked(): string | undefined {
    const { isLoaded, isComplete } = this.revocations;
    if (isComplete) return undefined;
    return isLoaded || this.tokens === undefined
      ? "What was revoked meanwhile is not read yet"
      : "The revocations cannot be read, so no token is taken";
  }

  #dropUnidentified(client: Connection): void {
    this.counters.dropped_unidentified++;
    log.info("client {client} did not say who it is and is closed", { client: client.id });
    client.cutOff(DISCONNECTS.unidentified);
  }

  #sweepClients(): void {
    for (const client of this.#clients) {
      if (!client.isStalled()) continue;
      this.counters.dropped_stalled++;
      log.info("client {client} of user {user} takes nothing and is dropped", describe(client));
      client.terminate();
    }
    this.revocations.forgetEnded();
    this.#restoreIfIncomplete();
  }

  #restoreIfIncomplete(): void {
    if (this.#incomplete) this.#runInBackground("restore", this.#restoreIfReady());
  }

  #restoreSoon(): void {
    clearTimeout(this.#again);
    if (this.#isStopping) return;
    this.#again = setTimeout(() => this.#restoreIfIncomplete(), RESTORE_AGAIN_MS);
  }

  async #restoreIfReady(): Promise<void> {
    if (await this.#engine.unready() === undefined) await this.#restore();
  }

  #unsubscribe(client: Connection, channel: Channel): void {
    this.#hub.remove(client, channel);
    this.#runInBackground("unsubscribe", this.#subscriptions.sync(channel));
  }

  #runInBackground(what: string, task: Promise<void>): void {
    const done = task.catch((error) => this.logFailure(what, error)).finally(() =>
      this.#background.delete(done)
    );
    this.#background.add(done);
  }
}

function describe(client: Connection): Record<string, unknown> {
  return { client: client.id, user: client.user };
}
