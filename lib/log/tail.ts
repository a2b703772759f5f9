/** The last lines of this program's log, for operators who do not see its standard error. */
import type { LogRecord } from "@logtape/logtape";
import { type Level, LEVELS } from "./levels.ts";
import { textOf } from "./text.ts";

/** Most lines that are kept; the oldest go. */
export const MOST_LINES = 1000;

/** Most characters of a message; and of the properties, of which only {@linkcode IDS} are kept where there are more. */
const MOST_CHARACTERS = 2000;

export interface LogLine {
  /** Unix time in seconds, with a fraction. */
  readonly at: number;
  readonly level: Level;
  /** Such as "notifyli.push". */
  readonly category: string;
  readonly message: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Which lines are meant. */
export interface LogFilter {
  /** This level and those above. @default all */
  readonly level?: Level | undefined;
  /** This category and those below it. @default all */
  readonly category?: string | undefined;
  /** What is written for this HTTP request, by its id. @default all */
  readonly request?: string | undefined;
}

export class LogTail {
  #lines: LogLine[] = [];
  /** Where the oldest line stands once there are `MOST_LINES`. */
  #start = 0;
  readonly #listeners = new Set<(line: LogLine) => void>();

  /** Takes a record from LogTape. */
  readonly sink = (record: LogRecord): void => {
    const line = lineOf(record);
    if (this.#lines.length < MOST_LINES) this.#lines.push(line);
    else {
      this.#lines[this.#start] = line;
      this.#start = (this.#start + 1) % MOST_LINES;
    }
    for (const listener of this.#listeners) listener(line);
  };

  /** The last lines that are meant, the newest first. */
  last(filter: LogFilter, limit: number): LogLine[] {
    const inOrder = [...this.#lines.slice(this.#start), ...this.#lines.slice(0, this.#start)];
    return inOrder.reverse().filter((line) => isMeant(line, filter)).slice(0, limit);
  }

  /** Has somebody told of each line until disposal. What the listener logs itself comes back to it. */
  listen(listener: (line: LogLine) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  clear(): void {
    this.#lines = [];
    this.#start = 0;
  }
}

export function isMeant(line: LogLine, { level, category, request }: LogFilter): boolean {
  if (level !== undefined && LEVELS.indexOf(line.level) < LEVELS.indexOf(level)) return false;
  if (request !== undefined && line.properties["request"] !== request) return false;
  return category === undefined || line.category === category ||
    line.category.startsWith(`${category}.`);
}

function lineOf(record: LogRecord): LogLine {
  const { timestamp, level, category, properties } = record;
  return {
    at: timestamp / 1000,
    level,
    category: category.join("."),
    message: textOf(record).slice(0, MOST_CHARACTERS),
    properties: asJson(properties),
  };
}

/** By which lines that belong together are found. */
const IDS = ["request", "trace_id", "span_id"];

/** The properties as they can be sent on. */
function asJson(properties: Record<string, unknown>): Record<string, unknown> {
  try {
    const text = JSON.stringify(properties);
    if (text.length <= MOST_CHARACTERS) return JSON.parse(text);
  } catch {
    // It holds what JSON cannot have.
  }
  return Object.fromEntries(
    IDS.filter((name) => name in properties).map((name) => [name, String(properties[name])]),
  );
}
