/** What is kept of events until applications are told of them, and what a store does with it. */
import type { LogEntry } from "../../core/publication.ts";
import type { HookLog } from "../log.ts";
import type { AppEvent } from "./event.ts";

export interface EventStore extends AsyncDisposable {
  /**
   * Appends an event to logs, in the order of the calls. Resolves when it is written, or at once while the engine is away:
   * then it is written when the engine is back. Never rejects.
   */
  append(logs: readonly string[], event: AppEvent): Promise<void>;
  /**
   * The same as an entry that the engine's own steps write; `undefined` where the engine writes none, so that
   * {@linkcode EventStore.append} has to.
   */
  entryOf(logs: readonly string[], event: AppEvent): LogEntry | undefined;
  /** The streams of logs, for steps of the engine that write entries by themselves; absent where the engine writes none. */
  streamsOf?(logs: readonly string[]): readonly string[];
  /** Cuts the log {@linkcode STREAM} to its size; absent where the engine has none. */
  trimStream?(size: number): Promise<void>;
  /** The log of one endpoint. */
  log(name: string): EventLog;
}

/** The log that applications read by themselves. No endpoint has this name. */
export const STREAM = "";

export interface EventLog extends HookLog<AppEvent> {
  /** How many wait, as this node knows it: only the one that tells does. */
  readonly waiting: number;
}

/** Most bytes of the events of one batch, unless the first alone has more. */
export const MAX_BATCH_BYTES = 262_144;

/** Most events that wait in this process while the engine takes none; past so many the oldest are lost. */
export const MOST_UNWRITTEN = 10_000;
