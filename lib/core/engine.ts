/** The engine that a node runs on, and what it calls on the node. `lib/engines/` has two engines. */
import type { Broker, FanOut } from "./broker.ts";

export interface EngineHandler {
  readonly handlePublication: FanOut;
  /** The engine has lost this node's subscriptions or what its lease held, and can take them again now. */
  handleRestored(): void;
}

export interface Engine {
  readonly broker: Broker;
  /** Connects the engine to its node; called once, after the stores on it are open. */
  run(handler: EngineHandler): Promise<void>;
  /** Why nothing can be stored right now; `undefined` while all is well. */
  unready(): Promise<string | undefined>;
}
