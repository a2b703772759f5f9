/** Logs to standard error, one line an event: in words on a terminal, else in JSON. */
import {
  configureSync,
  getConsoleSink,
  type LogRecord,
  type TextFormatter,
} from "@logtape/logtape";
import { forgetLines } from "../base/log.ts";
import { escapeUnseen } from "../base/visible_text.ts";
import type { Level, Levels } from "./levels.ts";
import { LogTail } from "./tail.ts";
import { textOf } from "./text.ts";

/** From which levels on is logged. */
export interface LogConfig {
  readonly debug: boolean;
  /** Of categories that have a level of their own. @default none */
  readonly levels?: Levels;
}

const NO_LEVELS: Levels = new Map();

/** The log of this program, where the program has set it up here; one that embeds the server may have a log of its own. */
class ProgramLog {
  /** The last lines. */
  readonly tail = new LogTail();
  #usual: Level = "info";
  #levels = NO_LEVELS;
  /** Those of the settings. */
  #given = NO_LEVELS;
  #isSetUp = false;

  get isSetUp(): boolean {
    return this.#isSetUp;
  }

  /** The level of all that has none of its own. */
  get usual(): Level {
    return this.#usual;
  }

  /** The levels of categories, by names such as "notifyli.push". */
  get levels(): Levels {
    return this.#levels;
  }

  setUp({ debug, levels = NO_LEVELS }: LogConfig): void {
    this.#usual = debug ? "debug" : "info";
    this.#levels = this.#given = levels;
    this.tail.clear();
    forgetLines();
    this.#isSetUp = true;
    this.#configure();
  }

  /** Takes over settings. Levels that were set while the program runs go on, unless those of the settings are others now. */
  takeOver({ debug, levels = NO_LEVELS }: LogConfig): void {
    this.#usual = debug ? "debug" : "info";
    if (!isEqual(levels, this.#given)) this.#levels = this.#given = levels;
    this.#configure();
  }

  /** Logs categories, and what is below them, from these levels on, until this program ends or they are set anew. */
  setLevels(levels: Levels): void {
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
export function configureLogging(config: LogConfig): void {
  PROGRAM_LOG.setUp(config);
}

function isEqual(one: Levels, other: Levels): boolean {
  return one.size === other.size &&
    one.entries().every(([name, level]) => other.get(name) === level);
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

const formatAsJson: TextFormatter = (record) => {
  const first = {
    time: new Date(record.timestamp).toISOString(),
    level: record.level,
    logger: record.category.join("."),
    message: textOf(record),
  };
  // They stand first, and no property takes the place of one.
  return escapeUnseen(JSON.stringify({ ...first, ...record.properties, ...first }));
};
