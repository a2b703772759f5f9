/** Logs to standard error, one line an event: in words on a terminal, else in JSON. */
import {
  configureSync,
  getConsoleSink,
  type LogRecord,
  type TextFormatter,
} from "@logtape/logtape";
import { escapeUnseen } from "../base/visible_text.ts";
import { type Level, LogTail } from "./tail.ts";
import { textOf } from "./text.ts";

/** The log of this program, where the program has set it up here; one that embeds the server may have a log of its own. */
class ProgramLog {
  /** The last lines. */
  readonly tail = new LogTail();
  #usual: Level = "info";
  #levels: ReadonlyMap<string, Level> = new Map();
  #isSetUp = false;

  get isSetUp(): boolean {
    return this.#isSetUp;
  }

  /** The level of all that has none of its own. */
  get usual(): Level {
    return this.#usual;
  }

  /** The levels of categories, by names such as "notifyli.push". */
  get levels(): ReadonlyMap<string, Level> {
    return this.#levels;
  }

  setUp({ debug }: { debug: boolean }): void {
    this.#usual = debug ? "debug" : "info";
    this.#levels = new Map();
    this.tail.clear();
    this.#isSetUp = true;
    this.#configure();
  }

  /** Logs at another level from now on what has no level of its own. */
  setUsual({ debug }: { debug: boolean }): void {
    this.#usual = debug ? "debug" : "info";
    this.#configure();
  }

  /** Logs categories, and what is below them, from these levels on, until this program ends or they are set anew. */
  setLevels(levels: ReadonlyMap<string, Level>): void {
    this.#levels = new Map(levels);
    this.#configure();
  }

  #configure(): void {
    const formatter = Deno.stderr.isTerminal() ? formatForPeople : formatAsJson;
    const sinks = ["stderr", "tail"] as const;
    const whole = this.#levels.get("notifyli") ?? this.#usual;
    const others = [...this.#levels].filter(([category]) => category !== "notifyli");
    configureSync({
      reset: true,
      sinks: {
        stderr: getConsoleSink({ formatter, levelMap: TO_STDERR }),
        tail: this.tail.sink,
      },
      loggers: [
        { category: "notifyli", lowestLevel: whole, sinks: [...sinks] },
        // Each has the sinks itself: what comes from above is cut by the level above.
        ...others.map(([category, lowestLevel]) => ({
          ...{ category: category.split("."), lowestLevel, sinks: [...sinks] },
          parentSinks: "override" as const,
        })),
        { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["stderr"] },
      ],
    });
  }
}

export const PROGRAM_LOG = new ProgramLog();

/** Sets up logging for the whole program. */
export function configureLogging(options: { debug: boolean }): void {
  PROGRAM_LOG.setUp(options);
}

/** Sends all levels to standard error, since standard output is for the answers of commands. */
const TO_STDERR = {
  trace: "error",
  debug: "error",
  info: "error",
  warning: "error",
  error: "error",
  fatal: "error",
} as const;

const COLORS: Readonly<Record<LogRecord["level"], string>> = {
  trace: "\x1b[2m",
  debug: "\x1b[2m",
  info: "\x1b[32m",
  warning: "\x1b[33m",
  error: "\x1b[31m",
  fatal: "\x1b[35m",
};

const formatForPeople: TextFormatter = (record) => {
  const time = new Date(record.timestamp).toLocaleTimeString("en-GB");
  return `\x1b[2m${time}\x1b[0m ${COLORS[record.level]}${record.level}\x1b[0m ` +
    `\x1b[2m${record.category.join(".")}\x1b[0m ${escapeUnseen(textOf(record))}`;
};

const formatAsJson: TextFormatter = (record) =>
  escapeUnseen(JSON.stringify({
    time: new Date(record.timestamp).toISOString(),
    level: record.level,
    logger: record.category.join("."),
    message: textOf(record),
    ...record.properties,
  }));
