/**
 * One running server's kernel: its connections, the channels that they hear, and what is published there. It knows no
 * capability: each gives it the kinds of publications that it makes, and hooks for connections that come and go. One way
 * in (`publish`) and one way out (`handlePublication`), so that there is one order. Next on a message's way: the broker,
 * then `hub.ts`.
 */
import { logFor, sumUpLogs } from "../base/log.ts";
import { CodedError, DISCONNECTS, isRefusedAlone } from "../base/errors.ts";
import type { UserId } from "../base/fields.ts";
import { reasonOf } from "../base/reason.ts";
import type { Limits } from "../base/sizes.ts";
import { tracer } from "../base/tracing.ts";
import { inSlices } from "../base/slices.ts";
import { Arrival } from "./arrival.ts";
import { Background } from "./background.ts";
import type { Broker } from "./broker.ts";
import type { Channel } from "./channel.ts";
import { Connection, type ConnectionHome, type Protocol } from "./connection.ts";
import { Drops } from "./drops.ts";
import { NodeFigures } from "./figures.ts";
import { AllHooks } from "./connection_hooks.ts";
import { Hub, type HubChannel, notePace } from "./hub.ts";
import type { Identity, Proof } from "./identity.ts";
import { Counter, type Family, type Metric } from "./metrics.ts";
import type { HistoryOptions, Position, Publication, Published } from "./publication.ts";
import { Refusals } from "./refusals.ts";
import { Restoring } from "./restoring.ts";
import type { Socket } from "./socket.ts";
import { Subscriptions } from "./subscriptions.ts";
import { every, type Task } from "./task.ts";
import type { Traffic } from "./traffic.ts";

const log = logFor("node");

/** Gives the connections of a channel a publication of one kind. It runs for every message. */
export type Kind = (here: HubChannel, arrival: Arrival) => void;

export type Kinds = Readonly<Record<string, Kind>>;

/** What a node needs of the server. */
export interface NodeOptions {
  readonly limits: Limits;
  /** How often the node checks whether connections take what they are sent, and runs its other sweeps. */
  readonly sweepSeconds: number;
  /** The name of what accepts connections. */
  readonly listener?: string;
  /** Makes the limits on what a new connection sends. */
  newTraffic(): Traffic;
  /** Makes a new connection's proof of who it is. @param identity what the handshake has proved */
  prove(connection: Connection, identity: Identity | undefined, address?: string): Proof;
  /** Why nothing can be stored right now; `undefined` while all is well. */
  unready(): Promise<string | undefined>;
}

export class Node implements ConnectionHome {
  readonly broker: Broker;
  readonly drops: Drops = new Drops();
  readonly refusals: Refusals = new Refusals();
  readonly hub: Hub = new Hub();
  readonly figures: NodeFigures;
  readonly hooks: AllHooks = new AllHooks();
  readonly restoring: Restoring;
  readonly background: Background = new Background((what, error) => this.logFailure(what, error));
  readonly #options: NodeOptions;
  readonly #accepted = new Counter("connections", "Connections of clients that were accepted.");
  readonly #arrived = new Counter("arrived", "Publications that reached connections of this node.");
  /** Of those, the ones in users' own channels, where notifications go. */
  #arrivedForUsers = 0;
  readonly #deliveries = new Counter(
    "deliveries",
    "Publications times the connections of this node that hear their channels.",
  );
  readonly #connections = new Map<string, Connection>();
  readonly subscriptions: Subscriptions;
  readonly #kinds = new Map<string, Kind>();
  readonly #checks: (() => string | undefined)[] = [];

  constructor(broker: Broker, options: NodeOptions) {
    this.broker = broker;
    this.#options = options;
    this.figures = new NodeFigures(options.listener ?? "");
    this.restoring = new Restoring({
      unready: options.unready,
      runInBackground: (what, work) => this.background.run(what, work),
    });
    this.subscriptions = new Subscriptions(broker, this.hub, (error) => {
      this.restoring.noteGap();
      this.logFailure("subscription", error);
    });
    this.restoring.add({
      lost: () => this.#lost(),
      restore: (signal) => this.subscriptions.restore(signal),
    });
  }

  get connections(): Iterable<Connection> {
    return this.#connections.values();
  }

  /** How many connections are open. */
  get size(): number {
    return this.#connections.size;
  }

  /** The connection with this id, if it is one of this node's. */
  connection(id: string): Connection | undefined {
    return this.#connections.get(id);
  }

  /** Adds a capability's kinds of publications. Throws a `TypeError` if one is there already. */
  addKinds(kinds: Kinds): void {
    for (const [kind, deliver] of Object.entries(kinds)) {
      if (this.#kinds.has(kind)) throw new TypeError(`Two kinds of publications "${kind}"`);
      this.#kinds.set(kind, deliver);
    }
  }

  /** Adds a check that says why this node is not ready; `undefined` if it is. */
  addReadinessCheck(check: () => string | undefined): void {
    this.#checks.push(check);
  }

  /** What the node has to do while the server runs. */
  get tasks(): readonly Task[] {
    return [every("sweep", this.#options.sweepSeconds * 1000, () => this.#sweep())];
  }

  /** Closes every connection with a code that tells its client to come back. */
  closeConnections(): void {
    for (const connection of this.connections) connection.disconnect(DISCONNECTS.shutdown);
  }

  /** Closes every connection, and waits until what it leaves behind is taken out. */
  async stop(): Promise<void> {
    this.restoring.stop();
    this.closeConnections();
    await this.background.settled();
    sumUpLogs();
  }

  /**
   * Makes the connection of a new socket.
   *
   * @param identity what the handshake has proved
   * @param address the client's, as far as it is known
   * @param request the id of the request that asked for it, where that is over
   */
  accept(
    socket: Socket,
    protocol: Protocol,
    identity: Identity | undefined,
    address?: string,
    request?: string,
  ): Connection {
    const { limits, newTraffic, prove } = this.#options;
    const connection = new Connection(this, socket, {
      protocol,
      limits,
      address,
      traffic: newTraffic(),
      prove: (connection) => prove(connection, identity, address),
    });
    this.#connections.set(connection.id, connection);
    this.figures.opened(connection);
    this.#accepted.value++;
    const { id: client } = connection;
    log.debug(
      "client {client} connected",
      request === undefined ? { client } : { client, request },
    );
    try {
      if (identity !== undefined) connection.enter(identity);
      this.hooks.opened(connection);
    } catch (error) {
      connection.reportError(error);
    }
    return connection;
  }

  /** The connection is gone. */
  remove(connection: Connection): void {
    if (!this.#connections.delete(connection.id)) return;
    this.figures.ended(connection, connection.closedWith);
    log.debug("client {client} is gone", { client: connection.id });
    this.hooks.closed(connection);
  }

  /**
   * Resolves when the connection hears the channel. Never rejects: what fails is done again later. A kind of channel is one
   * capability's, which subscribes connections to it and unsubscribes them: a connection is in a channel once, however often
   * it is subscribed.
   */
  subscribe(connection: Connection, channel: Channel): Promise<void> {
    this.hub.add(connection, channel);
    return this.subscriptions.sync(channel);
  }

  /** Ends what {@linkcode Node.subscribe} began, at once; resolves when the broker knows. */
  unsubscribe(connection: Connection, channel: Channel): Promise<void> {
    this.hub.remove(connection, channel);
    return this.subscriptions.sync(channel);
  }

  /** As {@linkcode Node.unsubscribe}, for a connection that is gone: the broker is told when there is time. */
  unsubscribeLater(connection: Connection, channel: Channel): void {
    this.hub.remove(connection, channel);
    this.background.later("unsubscribe", () => this.subscriptions.sync(channel));
  }

  /** Those of these channels that no connection hears on any node. Rejects where the engine is away. */
  async unheard<Heard extends Channel>(channels: readonly Heard[]): Promise<readonly Heard[]> {
    const notHere = channels.filter((channel) => this.hub.get(channel) === undefined);
    if (notHere.length === 0 || this.broker.heard === undefined) return notHere;
    const heard = await this.broker.heard(notHere);
    return notHere.filter((_, index) => !heard[index]);
  }

  /**
   * Resolves when nothing of a channel's history up to a position arrives here any more: a connection that was given that much
   * of it would get it twice otherwise. Rejects where the engine is away.
   */
  async caughtUp(channel: Channel, { offset, epoch }: Position): Promise<void> {
    const here = this.hub.get(channel);
    if (here === undefined || offset === 0) return;
    if (here.arrivedUpTo?.epoch === epoch && here.arrivedUpTo.offset >= offset) return;
    await this.broker.caughtUp(channel);
    if (here.arrivedUpTo?.epoch !== epoch || here.arrivedUpTo.offset < offset) {
      here.arrivedUpTo = { offset, epoch };
    }
  }

  /** Publishes to all connections that hear the channel. Rejects if the broker did not take it. */
  publish(
    channel: Channel,
    publication: Publication,
    history?: HistoryOptions,
  ): Promise<Published | undefined> | Published | undefined {
    const beganAt = this.figures.begins(publication.id);
    const published = this.#publish(channel, publication, history);
    if (beganAt === undefined) return published;
    if (!(published instanceof Promise)) this.figures.taken(beganAt);
    else void published.then(() => this.figures.taken(beganAt), () => {}); // the caller hears of it
    return published;
  }

  /** Why this node cannot do its work right now; `undefined` while it can. */
  async unready(): Promise<string | undefined> {
    return await this.#options.unready() ??
      this.#checks.map((check) => check()).find((reason) => reason !== undefined);
  }

  /** Publications that reached connections of this node in any channel but a user's own: of rooms, topics, conversations. */
  get arrivedOutsideUserChannels(): number {
    return this.#arrived.value - this.#arrivedForUsers;
  }

  get metrics(): readonly (Metric | Family)[] {
    const clients: Metric = {
      name: "clients",
      help: "Connections of clients that are open right now.",
      type: "gauge",
      read: () => this.#connections.size,
    };
    const counted = [this.#accepted, this.#arrived, this.#deliveries];
    const { families } = this.figures;
    return [clients, ...counted, ...this.drops.metrics, ...this.refusals.metrics, ...families];
  }

  handlePublication(channel: Channel, publication: Publication, position?: Position): void {
    const here = this.hub.get(channel);
    if (here === undefined) return;
    if (position !== undefined) here.arrivedUpTo = position;
    this.#arrived.value++;
    if (channel.kind === "user") this.#arrivedForUsers++;
    this.#deliveries.value += here.connections.size;
    if (saysSomething(publication)) notePace(here, publication.at);
    this.#deliver(here, new Arrival(channel, publication, position));
    this.figures.written(publication.id);
  }

  /** The engine lost what it had of this node, and can take it again now. */
  handleRestored(): void {
    this.restoring.begin();
  }

  /**
   * Notes that something failed because the engine was away: it is done again when the engine is back. What the engine
   * refuses alone, such as a broken inbox, is not: doing everything again for it would hold up all others.
   */
  noteIncomplete(what: string, error: unknown): void {
    if (!isRefusedAlone(error)) this.restoring.noteIncomplete();
    this.logFailure(what, error);
  }

  /**
   * Logs what was not the caller's fault. An engine that is away has logged that itself: here it is debug.
   *
   * @param what one of a few texts
   */
  logFailure(
    what: string,
    error: unknown,
    whose: { readonly client?: string; readonly user?: UserId } = {},
  ): void {
    const failed = { what, reason: reasonOf(error), ...whose };
    if (error instanceof CodedError && error.options.isAway) {
      return log.debug("{what} failed: {reason}", failed);
    }
    log.error("{what} failed: {reason}", failed, { kind: `${what} failed` });
  }

  #publish(
    channel: Channel,
    publication: Publication,
    history?: HistoryOptions,
  ): Promise<Published | undefined> | Published | undefined {
    if (tracer === undefined) return this.broker.publish(channel, publication, history);
    const attributes = { "notifyli.channel.kind": channel.kind, "notifyli.kind": publication.kind };
    return tracer.run(
      "publish",
      { kind: "producer", attributes },
      () => this.broker.publish(channel, publication, history),
    );
  }

  #deliver(here: HubChannel, arrival: Arrival): void {
    const { channel, publication } = arrival;
    if (tracer === undefined) return this.#kinds.get(publication.kind)?.(here, arrival);
    const attributes = {
      ...{ "notifyli.channel.kind": channel.kind, "notifyli.kind": publication.kind },
      "notifyli.connections": here.connections.size,
    };
    tracer.run(
      "deliver",
      { kind: "consumer", attributes, parent: publication.trace },
      () => this.#kinds.get(publication.kind)?.(here, arrival),
    );
  }

  #lost(): void {
    // A client with an inbox knows its positions, and gets exactly what it missed when it comes back. Others are told: what
    // waits for them comes again, and what was said in rooms does not. Whoever comes from now on has missed nothing.
    const closed = inSlices([...this.connections], tellMissed);
    this.background.run("missed", closed);
    this.subscriptions.forget(closed.catch(() => {}));
  }

  #sweep(): void {
    for (const connection of this.connections) {
      if (connection.isStalled()) this.drops.stalled(connection);
    }
    this.restoring.ifIncomplete();
  }
}

/** Whether it is more than that somebody has come or gone. */
function saysSomething({ message, event, data }: Publication): boolean {
  return message !== undefined || event !== undefined || data !== undefined;
}

/** Ends a connection that can come back for what it missed, and tells others that they may have missed something. */
function tellMissed(connection: Connection): void {
  if (connection.recovers) return connection.disconnect(DISCONNECTS.missed);
  if (connection.user === undefined) return;
  const missed = new CodedError("missed", "What was said in rooms just now may not have come");
  connection.protocol.fail(connection, missed);
}
