/** What is kept of events until applications are told of them, and what a store does with it. */
import type { LogEntry } from "../../core/publication.ts";
import type { Note } from "../../presence/online_store.ts";
import type { Statement } from "../../engines/database/database.ts";
import type { HookLog } from "../log.ts";
import type { AppEvent } from "./event.ts";

/** Something that begins with one event and ends with another, whatever becomes of this node. */
export interface Ending {
  /** No other thing that has begun and not ended has this key. */
  readonly key: string;
  /** The event of the end, as another node tells it should this one die. */
  readonly event: AppEvent;
  readonly logs: readonly string[];
}

export interface EventStore extends AsyncDisposable {
  /**
   * Appends an event to logs, in the order of the calls. Resolves when it is written, or at once while the engine is away:
   * then it is written when the engine is back. Never rejects.
   */
  append(logs: readonly string[], event: AppEvent): Promise<void>;
  /** Appends an event to logs now, or not at all. Says whether it is written; never rejects. */
  appendNow(logs: readonly string[], event: AppEvent): Promise<boolean>;
  /** Appends the event that something begins with. Its end is told should this node die before {@linkcode EventStore.end}. */
  begin(logs: readonly string[], event: AppEvent, ending: Ending): Promise<void>;
  /** Appends the event that something ends with. */
  end(logs: readonly string[], event: AppEvent, key: string): Promise<void>;
  /** Notes anew what the engine has lost of what has begun. Rejects where the engine is away again. */
  restore(): Promise<void>;
  /**
   * The same as an entry that the engine's own steps write; `undefined` where the engine writes none, so that
   * {@linkcode EventStore.append} has to.
   */
  entryOf(logs: readonly string[], event: AppEvent): LogEntry | undefined;
  /** The same as what the engine writes in one step with a change of who is online. */
  noteOf(logs: readonly string[], event: AppEvent): Note;
  /** The statements that write an event into logs, where these are in the file that a transaction of the database changes. */
  statementsOf?(logs: readonly string[], event: AppEvent): readonly Statement[];
  /** The streams of logs, for steps of the engine that write entries by themselves; absent where the engine writes none. */
  streamsOf?(logs: readonly string[]): readonly string[];
  /** Forgets the logs of endpoints other than these; absent where the engine forgets them by itself. */
  retain?(names: readonly string[]): Promise<void>;
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
