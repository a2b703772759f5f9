/** The engine of a single node: histories of rooms are in memory, persistent ones and all else in one SQLite file. */
import type { Engine, EngineHandler } from "../core/engine.ts";
import type { FanOut } from "../core/broker.ts";
import { Counter } from "../core/metrics.ts";
import { every } from "../core/task.ts";
import { sqliteSchemas } from "./database/tables.ts";
import { EmbeddedBroker } from "./embedded_broker.ts";
import { EmbeddedRecall } from "./embedded_recall.ts";
import { HistoryBudget, type HistoryLimits } from "./history_budget.ts";
import { type HistoryLimit, MemoryBroker } from "./memory/broker.ts";
import type { SyncMode } from "./sqlite/disk_sync.ts";
import { HISTORY, SqliteHistory } from "./sqlite/history.ts";
import { SqliteRecall } from "./sqlite/history_recall.ts";
import { givingSpaceBack } from "./sqlite/space.ts";
import { StoreClock } from "./sqlite/store_clock.ts";
import { SqliteStore } from "./sqlite/store.ts";
import type { SqliteStorage, Stored } from "./storage.ts";

export interface EmbeddedOptions {
  /** Folder of the SQLite file, which is made if it is missing; `:memory:` keeps the file in memory. */
  readonly dataDir: string;
  /** What all capabilities keep on this engine. One that needs another's table comes after it. */
  readonly stored: readonly Stored[];
  /** When changes must be on the disk. @default "always" */
  readonly sync?: SyncMode;
  /** The bound of the histories in memory. @default no limit */
  readonly historyLimit?: HistoryLimit;
  /** The bounds of the histories in the file. @default no limits */
  readonly historyLimits?: HistoryLimits;
}

export interface EmbeddedEngine extends Engine, AsyncDisposable {
  readonly storage: SqliteStorage;
}

/** How often histories that have ended are removed. */
const SWEEP_INTERVAL_MS = 60_000;

const NO_LIMIT: HistoryLimit = { bytes: Infinity, onForgotten() {} };

/** Counts what {@linkcode HistoryLimit.onForgotten} is told of. */
export function forgottenCounter(): Counter {
  return new Counter(
    "dropped_history",
    "Messages that were forgotten before their time because the rooms of a user, of a site or all together had too many.",
  );
}

/** Opens the engine. Throws if the folder cannot be written to. */
export function openEmbedded(options: EmbeddedOptions): EmbeddedEngine {
  let handler: EngineHandler | undefined;
  const fanOut: FanOut = (channel, publication, position) =>
    handler?.handlePublication(channel, publication, position);
  const { dataDir, sync = "always", historyLimit = NO_LIMIT, historyLimits } = options;
  const store = new SqliteStore(dataDir, {
    sync,
    schemas: [HISTORY, ...sqliteSchemas(options.stored)],
  });
  const clock = new StoreClock(store);
  const history = new SqliteHistory(store, clock, fanOut);
  const budget = historyLimits && new HistoryBudget(historyLimits, history);
  const counting = budget === undefined ? [] : [history.keepWithin(budget)];
  const memory = new MemoryBroker(fanOut, historyLimit);
  return {
    broker: new EmbeddedBroker(memory, history),
    recall: new EmbeddedRecall(memory, new SqliteRecall(store)),
    tasks: [
      every("sweep of histories", SWEEP_INTERVAL_MS, (signal) => history.sweep(signal)),
      ...store.tasks,
      ...counting,
      givingSpaceBack(store),
      ...clock.tasks,
    ],
    storage: { kind: "sqlite", store, clock, fanOut },
    run(given) {
      handler = given;
      return Promise.resolve();
    },
    unready: () => store.unready(),
    async [Symbol.asyncDispose]() {
      handler = undefined;
      await budget?.[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}
