/** What a node asks of the engine that it runs on, and what that calls on it. `lib/engines/` has two of them. */
import type { Broker, FanOut } from "./broker.ts";

export interface EngineHandler {
  readonly handlePublication: FanOut;
  /** The engine lost this node's subscriptions or what it kept for its lease, and can take them again now. */
  handleRestored(): void;
}

export interface Engine {
  readonly broker: Broker;
  /** Connects the engine to its node; called once, after the stores on it are open. */
  run(handler: EngineHandler): Promise<void>;
  /** Why nothing can be stored right now; `undefined` while all is well. */
  unready(): Promise<string | undefined>;
}
