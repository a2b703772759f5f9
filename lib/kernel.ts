/**
 * The kernel at work, which is a server that nobody can reach yet: an engine, the node of `core/` on it, and the features
 * that are plugged into the node. Only this file puts features together; nothing in `core/` knows one. `server.ts` adds
 * HTTP, the protocols and the listener.
 */
import type { SocketAbouts } from "./http/openapi/socket_about.ts";
import type { TokenVerifier } from "./auth/tokens.ts";
import { requireDistinct } from "./base/distinct.ts";
import { isOpenServer } from "./base/open_server.ts";
import type { Config } from "./configuration.ts";
import type { SettingInForce } from "./config/in_force.ts";
import { configOf } from "./config/slice.ts";
import { type Command, Commands } from "./core/command.ts";
import type { Connection } from "./core/connection.ts";
import { Metrics } from "./core/metrics.ts";
import { Node, type NodeOptions } from "./core/node.ts";
import type { Task } from "./core/task.ts";
import { AllUserData } from "./core/user_data.ts";
import { type Database, NoDatabase } from "./engines/database/database.ts";
import { SqliteDatabase } from "./engines/database/sqlite.ts";
import type {
  Doors,
  Feature,
  Opened,
  ServiceClass,
  StoringEngine,
  Surroundings,
} from "./feature.ts";
import { FEATURES } from "./features.ts";
import type { Mount } from "./http/bindings.ts";
import type { Route } from "./http/route.ts";
import { IdentifyDeadline } from "./limits/identify_deadline.ts";
import type { LimitsConfig } from "./limits/settings.ts";
import { UserLimits } from "./limits/user_limits.ts";

interface KernelOptions {
  readonly config: Config;
  /** Verifies tokens; absent where there are none. */
  readonly tokens: TokenVerifier | undefined;
  /** The database, which the caller disposes of. @default the embedded engine's own file, and none with Redis */
  readonly database?: Database;
  /** The settings in force, for operators to see. @default none */
  readonly settings?: readonly SettingInForce[] | undefined;
  /** The features to open. @default all of `features.ts` */
  readonly features?: readonly Feature[];
}

export class Kernel implements AsyncDisposable {
  readonly node: Node;
  /** What each user may send, by connections and calls together. */
  readonly users: UserLimits;
  /** The metrics of the node and the features; `server.ts` adds those of HTTP and the listener. */
  readonly metrics: Metrics;
  readonly #engine: StoringEngine;
  readonly #opened: readonly Opened[];
  readonly #services: Services;
  readonly #parts: AsyncDisposableStack;

  private constructor(
    { node, users, metrics }: Pick<Kernel, "node" | "users" | "metrics">,
    opened: readonly Opened[],
    { engine, services, parts }: {
      engine: StoringEngine;
      services: Services;
      parts: AsyncDisposableStack;
    },
  ) {
    this.node = node;
    this.users = users;
    this.metrics = metrics;
    this.#engine = engine;
    this.#opened = opened;
    this.#services = services;
    this.#parts = parts;
  }

  /** Opens each feature in turn on a node of the engine, and runs the engine. The caller disposes of the engine. */
  static async open(engine: StoringEngine, options: KernelOptions): Promise<Kernel> {
    const { config, tokens, database = databaseOf(engine), features = FEATURES } = options;
    const { settings = [] } = options;
    await using parts = new AsyncDisposableStack();
    const users = new UserLimits(config);
    const node: Node = new Node(engine.broker, {
      ...nodeOptions(config, users),
      prove: (...given) => prove(...given),
      unready: () => engine.unready(),
    });
    parts.defer(() => node.stop());
    const services = new Services();
    const metrics = new Metrics();
    const opened = await openFeatures(features, parts, services, {
      ...{ node, engine, database, tokens, metrics, settings },
      isOpen: tokens === undefined && isOpenServer(config.auth),
      of: (slice) => configOf(config, slice),
    });
    metrics.add(node.metrics); // with the counters of the features' refusals
    for (const each of opened) metrics.add(each.metrics ?? []);
    const prove = proverOf(opened);
    parts.use(limitIdentification(node, config.limits));
    await engine.run({
      handlePublication: (...publication) => node.handlePublication(...publication),
      handleRestored: () => node.handleRestored(),
    });
    for (const each of opened) await each.start?.();
    return new Kernel({ node, users, metrics }, opened, {
      ...{ engine, services },
      parts: parts.move(),
    });
  }

  /** The features' commands of clients of version 2. */
  get commands(): Commands {
    return new Commands(this.#opened.flatMap(({ commands = [] }): readonly Command[] => commands));
  }

  /** What the features' commands and frames are to clients. */
  get sockets(): SocketAbouts[] {
    return this.#opened.flatMap(({ sockets }) => sockets ?? []);
  }

  /** The features' routes of the HTTP API. */
  get routes(): Route[] {
    return this.#opened.flatMap(({ routes = [] }): readonly Route[] => routes);
  }

  /** What the features keep of users. */
  get userData(): AllUserData {
    return new AllUserData(this.#opened.flatMap(({ userData }) => userData ?? []));
  }

  /** What answers HTTP in its own way. */
  mounts(doors: Doors): Mount[] {
    return this.#opened.flatMap((each): readonly Mount[] => each.mounts?.(doors) ?? []);
  }

  /** Origins that the page calls beside the server's own. */
  get pageCalls(): string[] {
    return this.#opened.flatMap(({ pageCalls = [] }): readonly string[] => pageCalls);
  }

  /** What the page is told in `config.json`. */
  clientConfig(): Readonly<Record<string, unknown>> {
    return Object.assign({}, ...this.#opened.map((each) => each.clientConfig?.()));
  }

  /** The features' tasks, which the caller has to start. */
  get tasks(): Task[] {
    const ofFeatures = this.#opened.flatMap(({ tasks = [] }): readonly Task[] => tasks);
    return [...this.node.tasks, ...this.#engine.tasks, ...ofFeatures];
  }

  /** Reads what is new of the features' settings; the function that it returns takes it over. Throws a `ConfigError`. */
  reload(config: Config): () => void {
    const taking = this.#opened.flatMap((each) =>
      each.reload?.((slice) => configOf(config, slice)) ?? []
    );
    return () => taking.forEach((take) => take());
  }

  /** A service of one of the features. Throws a `TypeError` if there is none. */
  use<Service extends object>(service: ServiceClass<Service>): Service {
    return this.#services.use(service);
  }

  /** Closes every connection, and writes what is left to write. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.node.closeConnections();
    await this.#parts.disposeAsync();
  }
}

/** The services of features, by their classes. */
class Services {
  readonly #services = new Map<unknown, object>();

  add(service: object): void {
    this.#services.set(service.constructor, service);
  }

  use<Service extends object>(service: ServiceClass<Service>): Service {
    const found = this.#services.get(service);
    if (found instanceof service) return found;
    throw new TypeError(`No feature before this one has the service ${service.name}`);
  }
}

function databaseOf({ storage }: StoringEngine): Database {
  if (storage.kind === "sqlite") return new SqliteDatabase(storage.store);
  return new NoDatabase("nobody has opened one");
}

function nodeOptions(config: Config, users: UserLimits): Omit<NodeOptions, "prove" | "unready"> {
  return {
    limits: config.limits,
    sweepSeconds: config.listeners.keepaliveSeconds,
    listener: config.listeners.listener,
    newTraffic: () => users.newTraffic(),
  };
}

/** Opens each feature in turn, so that each finds the services of those before it. */
async function openFeatures(
  features: readonly Feature[],
  parts: AsyncDisposableStack,
  services: Services,
  given: Omit<Surroundings, "use">,
): Promise<Opened[]> {
  const surroundings = { ...given, use: services.use.bind(services) };
  requireDistinct("features", features.map(({ name }) => name));
  const opened: Opened[] = [];
  for (const feature of features) {
    const each = await feature.open(surroundings);
    if (each === undefined) continue;
    parts.defer(() => each[Symbol.asyncDispose]?.());
    for (const service of each.services ?? []) services.add(service);
    plugIn(each, given.node);
    opened.push(each);
  }
  return opened;
}

/** The one way by which connections prove who they are. Throws where there is none, or more than one. */
function proverOf(opened: readonly Opened[]): NodeOptions["prove"] {
  const [feature, other] = opened.filter(({ prove }) => prove !== undefined);
  if (feature?.prove === undefined || other !== undefined) {
    throw new TypeError("One feature, and no other, must prove who connections are");
  }
  return feature.prove.bind(feature);
}

function plugIn(feature: Opened, node: Node): void {
  const { kinds, connection, refusals, restore, restoreFirst } = feature;
  if (kinds !== undefined) node.addKinds(kinds);
  if (connection !== undefined) node.hooks.add(connection);
  if (restore !== undefined) node.restoring.add(restore);
  if (restoreFirst !== undefined) node.restoring.addFirst(restoreFirst);
  if (refusals !== undefined) node.refusals.add(refusals);
  if (feature.whyNotReady !== undefined) node.addReadinessCheck(() => feature.whyNotReady?.());
}

/** Closes connections whose clients do not say in time who they are. */
function limitIdentification(node: Node, { identifySeconds }: LimitsConfig): Disposable {
  const deadline = new IdentifyDeadline<Connection>(
    identifySeconds,
    (late) => node.drops.unidentified(late),
  );
  node.hooks.add({
    opened: (connection) => deadline.add(connection),
    closed: (connection) => deadline.delete(connection),
  });
  return deadline;
}
