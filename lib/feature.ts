/** The seam: what a capability may plug in. `features.ts` lists those that there are. */
import type { Command } from "./core/command.ts";
import type { Connection, Protocol } from "./core/connection.ts";
import type { ConnectionHooks } from "./core/connection_hooks.ts";
import type { Identity, Proof } from "./core/identity.ts";
import type { Metric } from "./core/metrics.ts";
import type { Kinds, Node } from "./core/node.ts";
import type { RefusalCounters } from "./core/refusals.ts";
import type { RestoreStep } from "./core/restoring.ts";
import type { Task } from "./core/task.ts";
import type { Slice } from "./config/slice.ts";
import type { Engine } from "./core/engine.ts";
import type { Mount } from "./http/bindings.ts";
import type { Route } from "./http/route.ts";
import type { Storage, Stored } from "./engines/storage.ts";
import type { ConnectionGate } from "./limits/connection_gate.ts";
import type { TokenVerifier } from "./auth/tokens.ts";

/** An engine, and what it keeps things in. */
export interface StoringEngine extends Engine {
  readonly storage: Storage;
}

/** What a capability finds when it is opened. */
export interface Surroundings {
  readonly node: Node;
  readonly engine: StoringEngine;
  /** What a slice of the settings has come to: the capability's own, or one of the server's. */
  of<Config>(slice: Slice<Config>): Config;
  /** Absent: the server is open, and believes its clients. */
  readonly tokens: TokenVerifier | undefined;
  /** A service of a feature that stands before this one in the list. Throws where there is none. */
  use<Service extends object>(service: ServiceClass<Service>): Service;
}

/** Services are named by their classes: who uses one imports it from the folder that it is of. */
// deno-lint-ignore no-explicit-any -- whatever it is made of
export type ServiceClass<Service extends object> = abstract new (...parts: any[]) => Service;

/** A capability: a folder with this as its door. All but its name and how it is opened is optional. */
export interface Feature extends Stored {
  /** Its settings: README, `.env.example` and `notifyli check` have them from here. */
  readonly settings?: Slice;
  /** `undefined` where it is not configured. */
  open(surroundings: Surroundings): Opened | undefined | Promise<Opened | undefined>;
}

/** What the doors of the server have for a capability that answers HTTP in its own way. */
export interface Doors {
  /** Lets connections in, as many and as often as there may be. */
  readonly gate: ConnectionGate;
  /** Version 2, with the commands of all capabilities. */
  readonly protocol: Protocol;
}

/** A capability at work. */
export interface Opened extends Partial<AsyncDisposable> {
  /** What other features may use. */
  readonly services?: readonly object[];
  /** What clients of version 2 can ask for. */
  readonly commands?: readonly Command[];
  /** What other systems can ask for over HTTP. */
  readonly routes?: readonly Route[];
  /** Makes the apps that answer below a path in their own way. Called once all capabilities are open. */
  mounts?(doors: Doors): readonly Mount[];
  /** What `config.json` tells the page of it. Called for each request. */
  clientConfig?(): Readonly<Record<string, unknown>>;
  /** How connections are given what is published. */
  readonly kinds?: Kinds;
  readonly connection?: ConnectionHooks;
  /** Makes a new connection's proof of who it is: one feature does. @param identity what the handshake has proved */
  prove?(connection: Connection, identity: Identity | undefined): Proof;
  /** What it does where the engine lost this node's part. */
  readonly restore?: RestoreStep;
  /** The same, before anybody hears anything again: who may not stay is gone by then. */
  readonly restoreFirst?: RestoreStep;
  readonly tasks?: readonly Task[];
  /** Counts what is refused with its codes. */
  readonly refusals?: RefusalCounters;
  /** What it counts and measures. */
  readonly metrics?: readonly Metric[];
  /** Why this node cannot do its work right now; `undefined` while it can. */
  whyNotReady?(): string | undefined;
  /** Called once the engine runs, and before anybody comes. */
  start?(): Promise<void>;
}
