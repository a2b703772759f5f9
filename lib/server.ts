/** Puts the parts together: engine, node, features, listener. `commands/start.ts` runs it. */
import type { Mount } from "./http/bindings.ts";
import { asyncApiDocument } from "./http/openapi/async_document.ts";
import { ConfigError } from "./base/config_error.ts";
import { reasonOf } from "./base/reason.ts";
import { VERSION } from "./base/version.ts";
import { described } from "./http/openapi/described.ts";
import { openApiDocument } from "./http/openapi/document.ts";
import { SERVER_API, STATS_API, userDataApi } from "./http/openapi/server_api.ts";
import { logFor } from "./base/log.ts";
import { AuditLog } from "./admin/audit/audit_log.ts";
import { Draining } from "./admin/nodes/draining.ts";
import { Watches } from "./admin/watch/watches.ts";
import type { Asker } from "./asks/asker.ts";
import { Questions } from "./asks/questions.ts";
import { Authentication } from "./auth/authentication.ts";
import { ApiKeys } from "./auth/keys/api_keys.ts";
import { Operator } from "./auth/operator.ts";
import { Passes } from "./auth/passes.ts";
import { makeOperatorKey } from "./auth/operator_key.ts";
import type { TokenVerifier } from "./auth/tokens.ts";
import { within } from "./base/clock.ts";
import type { SettingInForce } from "./config/in_force.ts";
import type { Config } from "./configuration.ts";
import { Commands } from "./core/command.ts";
import { drain } from "./core/drain.ts";
import type { Counter, Metrics } from "./core/metrics.ts";
import type { Node } from "./core/node.ts";
import { startTasks } from "./core/task.ts";
import { cutOffCounter } from "./engines/cut_off.ts";
import { openDatabase } from "./engines/database/open.ts";
import { finishSwap } from "./engines/sqlite/swap.ts";
import { type EmbeddedEngine, forgottenCounter, openEmbedded } from "./engines/embedded.ts";
import type { RedisEngine } from "./engines/redis.ts";
import { readPair } from "./config/pem.ts";
import type { ServiceClass } from "./feature.ts";
import { FEATURES } from "./features.ts";
import { Admission } from "./http/admission.ts";
import { createApp, createInnerApi } from "./http/app.ts";
import { withAccessLog } from "./http/access_log.ts";
import { Calls } from "./http/calls.ts";
import { apiCounters } from "./http/metrics.ts";
import { Ongoing } from "./http/ongoing.ts";
import { pathReader, routeAt } from "./http/paths.ts";
import type { Route } from "./http/route.ts";
import { statsRoutes } from "./http/stats.ts";
import { userDataRoutes } from "./http/user_data.ts";
import { ConnectionGate } from "./limits/connection_gate.ts";
import { type Places, readDescriptors, sharePlaces, tellPlaces } from "./limits/descriptors.ts";
import { Kernel } from "./kernel.ts";
import { takeOverRates } from "./limits/live_rates.ts";
import { listen } from "./listeners/listen.ts";
import type { Handlers, Listener, Pair } from "./listeners/listener.ts";
import { requireClosedOrLocal } from "./net/open_mode.ts";
import { ChatProtocol } from "./protocols/chat/chat.ts";
import { upgrade } from "./protocols/upgrade.ts";
import { baseCommands } from "./protocols/v1/commands.ts";
import { protocolV1 } from "./protocols/v1/v1.ts";
import { protocolV2 } from "./protocols/v2/v2.ts";
import { Rooms } from "./rooms/rooms.ts";

const log = logFor();

/** How long a stop waits for the last clients before it closes the store; a part of `APP_SHUTDOWN_SECONDS`. */
const LAST_PROOFS_MS = 1000;

/** Gives a service of one of the features. */
export type Using = <Service extends object>(service: ServiceClass<Service>) => Service;

/** What a program adds to a server in its own process. */
export interface ProgramParts {
  /** Functions that are asked, from the first connection on. */
  readonly asker?: Asker;
  /** The settings in force, for operators to see. */
  readonly settings?: readonly SettingInForce[];
  /** Is called once all features are open, before anything is listened to. */
  prepare?(use: Using): Promise<void>;
}

export class Server implements AsyncDisposable {
  readonly #config: Config;
  readonly #parts: AsyncDisposableStack;
  readonly #listener: Listener;
  readonly #node: Node;
  readonly #kernel: Kernel;
  readonly #ongoing: Ongoing;
  #isStopping = false;
  /** The certificate that clients are shown; absent without TLS. */
  #shown: Pair | undefined;
  /** The routes of the HTTP API. */
  readonly routes: readonly Route[];
  /** What answers HTTP in its own way. */
  readonly mounts: readonly Mount[];
  /** The commands of version 2. */
  readonly commands: Pick<Commands, "types" | "count">;
  /** The metrics of all parts of the server. */
  readonly metrics: Metrics;

  private constructor(
    config: Config,
    parts: AsyncDisposableStack,
    { listener, kernel, routes, mounts, ongoing }: {
      listener: Listener;
      kernel: Kernel;
      routes: readonly Route[];
      mounts: readonly Mount[];
      ongoing: Ongoing;
    },
  ) {
    this.#config = config;
    this.#shown = config.listeners.tls && pairOf(config.listeners.tls);
    this.#parts = parts;
    this.#listener = listener;
    this.#node = kernel.node;
    this.#kernel = kernel;
    this.#ongoing = ongoing;
    this.#node.addReadinessCheck(() =>
      this.#isStopping ? "the server is being stopped" : undefined
    );
    this.metrics = kernel.metrics;
    this.commands = kernel.commands;
    this.routes = routes;
    this.mounts = mounts;
  }

  /**
   * Starts a server; rejects where the store cannot be opened or the address cannot be listened on.
   *
   * @param options what the program around the server adds to it
   */
  static async start(
    given: Config,
    { asker = {}, prepare, settings }: ProgramParts = {},
  ): Promise<Server> {
    const config = asker.authenticate === undefined
      ? given
      : { ...given, auth: { ...given.auth, asksWho: true } };
    requireClosedOrLocal(config);
    await using parts = new AsyncDisposableStack();
    finishSwap(config.store.dataDir);
    const [forgotten, cutOff] = [forgottenCounter(), cutOffCounter()];
    const engine = parts.use(await openEngine(config, { forgotten, cutOff }));
    const tokens = await openTokens(config);
    const { database, tasks, metrics } = parts.use(
      await openDatabase({
        ...{ config: config.database, storage: engine.storage, store: config.store },
        stored: FEATURES,
      }),
    );
    const kernel = parts.use(await Kernel.open(engine, { config, tokens, database, settings }));
    kernel.metrics.add(metrics);
    kernel.use(Questions).use(asker);
    kernel.metrics.add([forgotten, cutOff]);
    const descriptors = await readDescriptors();
    const places = sharePlaces(descriptors, config.limits.connections);
    const { handlers, admission, routes, mounts, ongoing } = openDoors(kernel, config, places);
    await prepare?.((service) => kernel.use(service));
    const listener = await listen(config, handlers, places);
    kernel.metrics.add(listener.metrics);
    tellPlaces(places, descriptors, config.limits.connections);
    void admission.listensOn(listener.port);
    parts.defer(() => void listener.shutdown().catch(() => {}));
    parts.use(startTasks([...kernel.tasks, ...tasks]));
    return new Server(config, parts.move(), { listener, kernel, routes, mounts, ongoing });
  }

  get url(): string {
    const { host, port } = this.#listener;
    const name = host.includes(":") ? `[${host}]` : host;
    return `${this.#config.listeners.tls ? "https" : "http"}://${name}:${port}`;
  }

  get port(): number {
    return this.#listener.port;
  }

  /** Resolves with the reason if the server accepts no connection any more, and cannot begin again: stop it then. */
  get failed(): Promise<string> {
    return this.#listener.failed;
  }

  /** Resolves when an operator wants this node to drain: stop it then. */
  get drained(): Promise<void> {
    return this.#kernel.use(Draining).asked;
  }

  /**
   * Takes over what can be while the server runs: rates, rules, the certificate. Throws a `ConfigError` where something of it is wrong,
   * and changes nothing then.
   *
   * @param next differs from the config in force in what can be taken over
   * @returns what cannot be taken over after all, a sentence each
   */
  reload(next: Config): readonly string[] {
    const certificate = this.#certificateOf(next);
    const take = this.#kernel.reload(next);
    const notTaken = certificate(); // comes first, since it alone may still be refused
    takeOverRates(this.#config.rates, next.rates);
    take();
    return notTaken;
  }

  /** Reads the certificate; the function that it returns shows it to clients. */
  #certificateOf({ listeners: { tls } }: Config): () => readonly string[] {
    const isOn = this.#config.listeners.tls !== undefined;
    const pair = tls && pairOf(tls);
    if ((pair !== undefined) !== isOn) {
      return () => [`TLS is switched ${isOn ? "off" : "on"} by a restart alone`];
    }
    if (tls === undefined || pair === undefined) return () => [];
    if (pair.cert === this.#shown?.cert && pair.key === this.#shown.key) return () => [];
    return () => {
      if (!this.#renew(pair, tls.cert)) {
        return [
          "the certificate of APP_TLS_CERT is shown after a restart: the deno listener cannot take another one " +
          "with this Deno (APP_LISTENER=node, or a proxy in front, can)",
        ];
      }
      this.#shown = pair;
      return [];
    };
  }

  /** Throws a `ConfigError` where TLS refuses what is a certificate and its key, as with a kind of key that it does not know. */
  #renew(pair: Pair, path: string): boolean {
    try {
      return this.#listener.renewCertificate(pair);
    } catch (error) {
      throw new ConfigError(
        `Cannot use APP_TLS_CERT: current value is ${JSON.stringify(path)}, which TLS refuses (${
          reasonOf(error)
        })`,
      );
    }
  }

  /** A service of one of the features. Throws a `TypeError` if there is none. */
  use<Service extends object>(service: ServiceClass<Service>): Service {
    return this.#kernel.use(service);
  }

  /**
   * Gives its clients to others over `APP_DRAIN_SECONDS`, where that is set, or as long as an operator said. Then stops accepting, tells every client that is left to come
   * back, has requests answered that have begun, and removes the clients' presence. Resolves with whether all connections were
   * gone within `APP_SHUTDOWN_SECONDS` of then.
   *
   * @param hurry aborts where nobody wants to wait for the drain
   */
  async stop(hurry?: AbortSignal): Promise<boolean> {
    this.#isStopping = true;
    const { shutdownSeconds: seconds } = this.#config.listeners;
    const { seconds: drainSeconds } = this.#kernel.use(Draining);
    if (Number.isFinite(drainSeconds) && hurry?.aborted !== true) {
      await drain(this.#node, drainSeconds, hurry);
    }
    const answered = within(this.#ongoing.settled(), seconds * 1000 - LAST_PROOFS_MS);
    const gone = this.#listener.shutdown(answered).then(() => true, () => true);
    this.#node.closeConnections();
    this.#kernel.use(Watches)[Symbol.dispose]();
    // What clients prove to have taken as they close is written before the store is, and what is being uploaded.
    const closed = Promise.all([within(gone, LAST_PROOFS_MS), answered]);
    const finished = closed.then(() => this.#parts.disposeAsync()).then(() => gone);
    const inTime = await within(finished, seconds * 1000);
    if (!inTime) log.warn("not every client was gone within {seconds} s", { seconds });
    return inTime;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function pairOf({ cert, key }: Pair): Pair {
  return readPair({ name: "APP_TLS_CERT", path: cert }, { name: "APP_TLS_KEY", path: key });
}

/** Puts together what the listener hands requests to: admission and gate stand before all else. */
function openDoors(kernel: Kernel, config: Config, places: Places) {
  const { node, metrics } = kernel;
  const limits = { ...config.limits, connections: places.clients };
  const gate = new ConnectionGate({ ...config, limits }, node.refusals);
  const admission = new Admission(config, gate, node.refusals);
  const counters = apiCounters();
  metrics.add([...gate.metrics, ...Object.values(counters)]);
  const v1 = protocolV1(new Commands(baseCommands(kernel.use(Rooms))));
  const v2 = protocolV2(kernel.commands);
  const routes = [
    ...kernel.routes,
    ...described(statsRoutes(metrics), STATS_API),
    ...described(
      userDataRoutes(kernel.userData, config.limits),
      userDataApi(config.limits),
    ),
  ];
  const calls = new Calls(
    {
      ...{ gate, counters, refusals: node.refusals },
      ...{ keys: kernel.use(ApiKeys), check: kernel.use(Authentication), users: kernel.users },
      passes: kernel.use(Passes),
      operator: openOperator(config),
    },
    config,
    (record) => kernel.use(AuditLog).keep(record),
  );
  const mounts = kernel.mounts({
    ...{ gate, calls, protocol: v2 },
    apiBelow: (mount) => createInnerApi(mount, { node, calls, routes }, config),
    whyNotOwnProgram: (peer) => admission.whyNotOwnProgram(peer),
  });
  const options = { version: VERSION, basePath: config.listeners.basePath };
  const app = createApp({
    ...{ node, calls, routes, mounts },
    documents: {
      "/openapi.json": () =>
        openApiDocument(routes, [
          ...SERVER_API,
          ...mounts.flatMap(({ about = [] }) => about),
        ], options),
      "/asyncapi.json": () => asyncApiDocument(kernel.sockets, options),
    },
    clientConfig: () => kernel.clientConfig(),
    pageCalls: kernel.pageCalls,
  }, config);
  const { origins } = config.net;
  const pathOf = pathReader(config.listeners.basePath);
  const [check, chat] = [kernel.use(Authentication), kernel.use(ChatProtocol)];
  const upgrading = { node, check, origins, v1, v2, chat, pathOf };
  const ongoing = new Ongoing();
  const handlers: Handlers = {
    fetch(request, peer) {
      const refused = admission.refusal(request, peer);
      return refused instanceof Promise
        ? refused.then((response) => response ?? ongoing.note(app.fetch(request, { peer })))
        : refused ?? ongoing.note(app.fetch(request, { peer }));
    },
    upgrade: async (request, peer) =>
      await admission.refusal(request, peer) ??
        await gate.guard(request, peer, () =>
          upgrade(request, upgrading, () =>
            gate.addressOf(request, peer))),
  };
  return {
    handlers: withAccessLog(handlers, (request) => routeAt(app, request)),
    ...{ admission, routes, mounts, ongoing },
  };
}

async function openEngine(
  config: Config,
  { forgotten, cutOff }: Readonly<Record<"forgotten" | "cutOff", Counter>>,
): Promise<EmbeddedEngine | RedisEngine> {
  const { historyBytes, historyUserBytes, historySiteBytes } = config.rooms;
  const onForgotten = (count: number) => void (forgotten.value += count);
  const kept = {
    stored: FEATURES,
    historyLimits: { userBytes: historyUserBytes, siteBytes: historySiteBytes, onForgotten },
  };
  if (config.redis === undefined) {
    const historyLimit = { bytes: historyBytes, onForgotten };
    return openEmbedded({ ...config.store, ...kept, historyLimit });
  }
  const { openRedis } = await import("./engines/redis.ts");
  return openRedis(config.redis, { name: config.redis.connectionName, cutOff, ...kept });
}

/** Loads `jose` only if there are tokens, as {@linkcode openEngine} does `ioredis`, which takes 0.1 s to load. */
async function openTokens({ auth, limits }: Config): Promise<TokenVerifier | undefined> {
  const { tokens } = auth;
  if (tokens === undefined) return undefined;
  const { TokenVerifier } = await import("./auth/tokens.ts");
  return await TokenVerifier.open(tokens, limits);
}

function openOperator(config: Config): Operator {
  const { owner, warning } = makeOperatorKey(config.store.dataDir);
  if (warning !== undefined) log.warn("{warning} (docs/api-keys.md)", { warning });
  return new Operator(config, owner);
}
