/** Puts the parts together: engine, node, listener, bridge. `commands/start.ts` runs it. */
import { getLogger } from "@logtape/logtape";
import { ApiKeys } from "./auth/keys/api_keys.ts";
import { requireClosedOrLocal } from "./net/open_mode.ts";
import { Operator } from "./auth/operator.ts";
import { makeOperatorKey } from "./auth/operator_key.ts";
import type { TokenVerifier } from "./auth/tokens.ts";
import { pause } from "./base/clock.ts";
import type { Config } from "./config/config.ts";
import { Counters } from "./core/counters.ts";
import { DroppedLog } from "./inbox/dropped_log.ts";
import { InboxService } from "./inbox/inbox.ts";
import type { Engine } from "./engines/engine.ts";
import { openEmbedded } from "./engines/embedded.ts";
import type { RedisEngine } from "./engines/redis.ts";
import { Admission } from "./http/admission.ts";
import { createApp } from "./http/app.ts";
import { ConnectionGate } from "./limits/connection_gate.ts";
import { readDescriptors, sharePlaces, tellPlaces } from "./limits/descriptors.ts";
import { listen } from "./listeners/listen.ts";
import { Node } from "./core/node.ts";
import type { Retention } from "./inbox/retention.ts";
import { RoomRules, type RoomRuleSet } from "./rooms/rules/room_rules.ts";
import { protocolV2 } from "./protocols/v2/v2.ts";
import type { Listener } from "./listeners/listener.ts";
import { startScheduler } from "./inbox/scheduler.ts";
import { WebhookSender } from "./hooks/sender.ts";
import { upgrade } from "./protocols/upgrade.ts";

const log = getLogger(["notifyli"]);

/** How long a stop waits for the last clients before it closes the store, of all the time it has. */
const LAST_PROOFS_MS = 1000;

export class Server implements AsyncDisposable {
  readonly #config: Config;
  readonly #parts: AsyncDisposableStack;
  readonly #listener: Listener;
  readonly #node: Node;

  private constructor(
    config: Config,
    parts: AsyncDisposableStack,
    listener: Listener,
    node: Node,
  ) {
    this.#config = config;
    this.#parts = parts;
    this.#listener = listener;
    this.#node = node;
  }

  /** Starts a server; rejects where the store cannot be opened or the address cannot be listened on. */
  static async start(config: Config, rooms: RoomRuleSet): Promise<Server> {
    requireClosedOrLocal(config);
    const rules = new RoomRules(rooms, config.history);
    await using parts = new AsyncDisposableStack();
    const counters = new Counters();
    const dropped = parts.use(new DroppedLog(counters));
    const engine = parts.use(await openEngine(config, dropped, counters));
    const tokens = await openTokens(config);
    const node = new Node(engine, config, { counters, tokens, rules });
    await node.start();
    if (config.webhook !== undefined && engine.receipts !== undefined) {
      // Half of the time that a stop may take is for the request that is under way.
      const stopWaitMs = config.shutdownSeconds * 500;
      parts.use(new WebhookSender(engine.receipts, counters, { ...config.webhook, stopWaitMs }));
    }
    parts.defer(() => node.stop());
    const inbox = new InboxService(engine);
    const v2 = protocolV2(inbox, config.keepaliveSeconds);
    const descriptors = await readDescriptors();
    const places = sharePlaces(descriptors, config.limits.connections);
    const limits = { ...config.limits, connections: places.clients };
    const gate = new ConnectionGate({ ...config, limits }, counters);
    const admission = new Admission(config, gate, counters);
    const apiKeys = new ApiKeys(engine.apiKeys);
    const operator = openOperator(config);
    const app = createApp({ node, inbox, gate, apiKeys, operator, protocol: v2 }, config);
    const listener = await listen(config, {
      fetch: (request, peer) => {
        const refused = admission.refusal(request, peer);
        return refused instanceof Promise
          ? refused.then((response) => response ?? app.fetch(request, { peer }))
          : refused ?? app.fetch(request, { peer });
      },
      upgrade: async (request, peer) =>
        await admission.refusal(request, peer) ??
          await gate.guard(request, peer, () => upgrade(request, node, { config, v2 })),
    }, { places, counters });
    tellPlaces(places, descriptors, config.limits.connections);
    void admission.listensOn(listener.port);
    parts.defer(() => void listener.shutdown().catch(() => {}));
    if (isRedis(engine)) parts.use(await startWaysIn(node, engine, config));
    parts.use(startScheduler(engine.schedule, counters));
    return new Server(config, parts.move(), listener, node);
  }

  get url(): string {
    const { host, port } = this.#listener;
    const name = host.includes(":") ? `[${host}]` : host;
    return `${this.#config.tls ? "https" : "http"}://${name}:${port}`;
  }

  get port(): number {
    return this.#listener.port;
  }

  get node(): Node {
    return this.#node;
  }

  /** Resolves with the reason where it accepts no connection any more, and cannot begin again: stop it then. */
  get failed(): Promise<string> {
    return this.#listener.failed;
  }

  /**
   * Stops accepting, tells every client to come back, removes their presence. Says whether all connections
   * were gone by the deadline.
   */
  async stop(): Promise<boolean> {
    const gone = this.#listener.shutdown().then(() => true, () => true);
    this.#node.closeClients();
    // What clients prove to have taken as they close is written before the store is.
    const closed = within(gone, LAST_PROOFS_MS);
    const finished = closed.then(() => this.#parts.disposeAsync()).then(() => gone);
    const inTime = await within(finished, this.#config.shutdownSeconds * 1000);
    if (!inTime) {
      log.warn("not every client was gone within {seconds} s", {
        seconds: this.#config.shutdownSeconds,
      });
    }
    return inTime;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Says whether `done` came within `ms`. */
async function within(done: Promise<boolean>, ms: number): Promise<boolean> {
  const decided = new AbortController();
  const late = pause(ms, decided.signal).then(() => false);
  const inTime = await Promise.race([done, late]);
  decided.abort();
  return inTime;
}

async function openEngine(
  config: Config,
  dropped: DroppedLog,
  counters: Counters,
): Promise<Engine> {
  const retention: Retention = {
    size: config.limits.inbox,
    days: config.limits.inboxDays,
    onDropped: (what) => dropped.note(what),
  };
  const keepsReceipts = config.webhook !== undefined;
  if (config.redis === undefined) {
    const { dataDir, storeSync: sync } = config;
    const historyLimit = {
      bytes: config.limits.history,
      onForgotten: (count: number) => void (counters.dropped_history += count),
    };
    return openEmbedded({ dataDir, retention, sync, keepsReceipts, historyLimit });
  }
  const { openRedis } = await import("./engines/redis.ts");
  return openRedis(config.redis, { name: config.bot.name, retention, keepsReceipts });
}

/** What only some servers need is loaded by those alone, here and in {@linkcode openEngine}: `ioredis` takes 0.1 s. */
async function openTokens({ tokens, limits }: Config): Promise<TokenVerifier | undefined> {
  if (tokens === undefined) return undefined;
  const { TokenVerifier } = await import("./auth/tokens.ts");
  return await TokenVerifier.open(tokens, limits);
}

function openOperator(config: Config): Operator {
  const { owner, warning } = makeOperatorKey(config.dataDir);
  if (warning !== undefined) log.warn("{warning} (docs/api-keys.md)", { warning });
  return new Operator(config, owner);
}

/** The bridge and the stream: what other systems write to Redis. */
async function startWaysIn(
  node: Node,
  engine: RedisEngine,
  config: Config,
): Promise<AsyncDisposable> {
  const { startBridge } = await import("../bridge.ts");
  const { startStreamReader } = await import("./ways/stream_reader.ts");
  const ways = new AsyncDisposableStack();
  ways.use(startBridge(node, engine, config));
  ways.use(startStreamReader(node, engine, config));
  return ways;
}

function isRedis(engine: Engine): engine is RedisEngine {
  return engine.name === "redis";
}
