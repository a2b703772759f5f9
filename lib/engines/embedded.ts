/** The engine of one node without Redis: rooms in memory, what is persistent in one SQLite file. */
import type { Engine, EngineHandler } from "../core/engine.ts";
import type { FanOut } from "../core/broker.ts";
import { Counter } from "../core/metrics.ts";
import { EmbeddedBroker } from "./embedded_broker.ts";
import { type HistoryLimit, MemoryBroker } from "./memory/broker.ts";
import type { SyncMode } from "./sqlite/disk_sync.ts";
import { HISTORY, SqliteHistory } from "./sqlite/history.ts";
import { SqliteStore } from "./sqlite/store.ts";
import type { SqliteStorage, Stored } from "./storage.ts";

export interface EmbeddedOptions {
  /** Folder of the SQLite file, made where it is missing; `:memory:` keeps it in memory. */
  readonly dataDir: string;
  /** Of all capabilities that open stores on this engine; where one needs a table of another's, it comes after that. */
  readonly stored: readonly Stored[];
  /** When what is accepted must be on the disk. @default "always" */
  readonly sync?: SyncMode;
  /**
   * Of what is kept in memory.
   * @default no limit
   */
  readonly historyLimit?: HistoryLimit;
}

export interface EmbeddedEngine extends Engine, AsyncDisposable {
  readonly storage: SqliteStorage;
}

const NO_LIMIT: HistoryLimit = { bytes: Infinity, onForgotten() {} };

/** Counts what {@linkcode HistoryLimit.onForgotten} is told of. */
export function forgottenCounter(): Counter {
  return new Counter(
    "dropped_history",
    "Messages in memory that were forgotten before their time because all rooms together had too many.",
  );
}

/** Opens the store. Throws where the folder cannot be written. */
export function openEmbedded(options: EmbeddedOptions): EmbeddedEngine {
  let handler: EngineHandler | undefined;
  const fanOut: FanOut = (channel, publication, position) =>
    handler?.handlePublication(channel, publication, position);
  const { dataDir, sync = "always", historyLimit = NO_LIMIT } = options;
  const store = new SqliteStore(dataDir, { sync, schemas: [HISTORY, ...options.stored] });
  const history = new SqliteHistory(store, fanOut);
  return {
    broker: new EmbeddedBroker(new MemoryBroker(fanOut, historyLimit), history),
    storage: { kind: "sqlite", store, fanOut },
    run(given) {
      handler = given;
      return Promise.resolve();
    },
    unready: () => store.unready(),
    async [Symbol.asyncDispose]() {
      handler = undefined;
      history[Symbol.dispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}
