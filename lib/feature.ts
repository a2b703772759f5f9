/** What a feature is: what a capability plugs into the server. `features.ts` lists all features. */
import type { Command } from "./core/command.ts";
import type { Connection, Protocol } from "./core/connection.ts";
import type { ConnectionHooks } from "./core/connection_hooks.ts";
import type { Identity, Proof } from "./core/identity.ts";
import type { Family, Metric, Metrics } from "./core/metrics.ts";
import type { Kinds, Node } from "./core/node.ts";
import type { RefusalCounters } from "./core/refusals.ts";
import type { RestoreStep } from "./core/restoring.ts";
import type { Peer } from "./core/socket.ts";
import type { Task } from "./core/task.ts";
import type { UserData } from "./core/user_data.ts";
import type { SettingInForce } from "./config/in_force.ts";
import type { Slice } from "./config/slice.ts";
import type { Engine } from "./core/engine.ts";
import type { App, Mount } from "./http/bindings.ts";
import type { Calls } from "./http/calls.ts";
import type { SocketAbouts } from "./http/openapi/socket_about.ts";
import type { Route } from "./http/route.ts";
import type { Database } from "./engines/database/database.ts";
import type { Storage, Stored } from "./engines/storage.ts";
import type { ConnectionGate } from "./limits/connection_gate.ts";
import type { TokenVerifier } from "./auth/tokens.ts";

/** An engine with its storage. */
export interface StoringEngine extends Engine {
  readonly storage: Storage;
}

/** What the server gives a feature when it opens the feature. */
export interface Surroundings {
  readonly node: Node;
  readonly engine: StoringEngine;
  /** What is queried in many ways and kept for years. Where this node has none, all that is asked of it is refused. */
  readonly database: Database;
  /** The metrics of all parts, which are in it once all features are open. */
  readonly metrics: Metrics;
  /** The config that a slice of the settings makes: the feature's own slice, or another one. */
  of<Config>(slice: Slice<Config>): Config;
  /** The settings in force, for operators to see. */
  readonly settings: readonly SettingInForce[];
  /** Verifies tokens; absent where there are none. */
  readonly tokens: TokenVerifier | undefined;
  /** Whether there are neither tokens nor an application that says who clients are, so that they are believed. */
  readonly isOpen: boolean;
  /** A service of a feature that is before this one in the list. Throws a `TypeError` if there is none. */
  use<Service extends object>(service: ServiceClass<Service>): Service;
}

/** The class of a service, which names the service: a feature imports the class of the service that it uses. */
// deno-lint-ignore no-explicit-any -- a constructor may take anything
export type ServiceClass<Service extends object> = abstract new (...parts: any[]) => Service;

/** A capability's entry point, which its `feature.ts` exports. All but `name` and `open` is optional. */
export interface Feature extends Stored {
  /** The feature's settings. README, `.env.example` and `notifyli check` take them from here. */
  readonly settings?: Slice;
  /** Opens the feature; `undefined` if it is not configured. */
  open(surroundings: Surroundings): Opened | undefined | Promise<Opened | undefined>;
}

/** What the server has for a capability that answers HTTP in its own way. */
export interface Doors {
  /** Counts connections, and refuses those over a limit. */
  readonly gate: ConnectionGate;
  /** Finds out who calls, as the API does. */
  readonly calls: Calls;
  /** Version 2, with the commands of all capabilities. */
  readonly protocol: Protocol;
  /** The API, below `/api` of the mount at this path, for callers whom the mount has found out. */
  apiBelow(mount: string): App;
  /** Why a caller is not taken for a program that the server's own user runs on this machine; `undefined` where it is. */
  whyNotOwnProgram(peer: Peer): Promise<string | undefined>;
}

/** What an open feature plugs into the server. Disposing of it ends the feature. */
export interface Opened extends Partial<AsyncDisposable> {
  /** Objects that other features may use, by their classes. */
  readonly services?: readonly object[];
  /** The commands of clients of version 2. */
  readonly commands?: readonly Command[];
  /** What the commands are to clients, and what else the server sends them, for the description of the sockets. */
  readonly sockets?: SocketAbouts;
  /** The routes of the HTTP API, for other systems. */
  readonly routes?: readonly Route[];
  /** Makes the apps that answer below a path in their own way. Called once all capabilities are open. */
  mounts?(doors: Doors): readonly Mount[];
  /** What `config.json` tells the page of it. Called for each request. */
  clientConfig?(): Readonly<Record<string, unknown>>;
  /** Origins that the page calls beside the server's own: its policy lets it call no others. */
  readonly pageCalls?: readonly string[];
  /** How connections are given each kind of publication that the feature makes. */
  readonly kinds?: Kinds;
  /** What the feature does as connections come and go. */
  readonly connection?: ConnectionHooks;
  /** Makes a new connection's proof of who it is: one feature does. @param identity what the handshake has proved */
  prove?(connection: Connection, identity: Identity | undefined, address?: string): Proof;
  /** Writes anew what the engine has lost of this node. */
  readonly restore?: RestoreStep;
  /** As `restore`, but before all others: a connection that may not stay is closed before it hears anything again. */
  readonly restoreFirst?: RestoreStep;
  /** What runs beside the connections. */
  readonly tasks?: readonly Task[];
  /** What the feature keeps of users, for one user's export and erasure. */
  readonly userData?: UserData;
  /** Counts what is refused with its codes. */
  readonly refusals?: RefusalCounters;
  /** What the feature counts and measures. */
  readonly metrics?: readonly (Metric | Family)[];
  /** Why this node cannot do its work right now; `undefined` while it can. */
  whyNotReady?(): string | undefined;
  /**
   * Settings may be others now. Reads what is new, and throws a `ConfigError` where it is wrong; the function that it returns takes it
   * over, and cannot fail: so all of it counts from then on, or nothing.
   */
  reload?(of: <Config>(slice: Slice<Config>) => Config): () => void;
  /** Begins the feature's work. The server calls this once, when the engine runs and before any client connects. */
  start?(): Promise<void>;
}
