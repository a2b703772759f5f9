/** The engine that a node runs on, and what it calls on the node. `lib/engines/` has two engines. */
import type { Broker, FanOut } from "./broker.ts";
import type { Recall } from "./recall.ts";
import type { Task } from "./task.ts";

export interface EngineHandler {
  readonly handlePublication: FanOut;
  /** The engine has lost this node's subscriptions or what its lease held, and can take them again now. */
  handleRestored(): void;
}

export interface Engine {
  readonly broker: Broker;
  /** Finds what users have published, in the broker's histories. */
  readonly recall: Recall;
  /** What the engine has to do while the server runs. */
  readonly tasks: readonly Task[];
  /** Connects the engine to its node; called once, after the stores on it are open. */
  run(handler: EngineHandler): Promise<void>;
  /** Why nothing can be stored right now; `undefined` while all is well. */
  unready(): Promise<string | undefined>;
}
