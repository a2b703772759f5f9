/**
 * The log of one category. Each line has the request that it is written for, and lines at info level and above are bounded, since
 * clients and callers can cause most of them: see `floods.ts`.
 */
import { getLogger, type Logger, type LogLevel } from "@logtape/logtape";
import { Floods, MOST_A_MINUTE } from "./floods.ts";
import { requestId } from "./request_id.ts";
import { tracer } from "./tracing.ts";

type Properties = Readonly<Record<string, unknown>>;

interface LogOptions {
  /** Most lines of one kind in a minute; `Infinity` for no limit, where each has to be there. @default {@linkcode MOST_A_MINUTE} */
  readonly most?: number;
}

interface LineOptions {
  /**
   * Names the kind that a line is of, where there are several of one message, in one of a few texts of the code: a line that says
   * how many more there were names it, too. @default the message without its values
   */
  readonly kind?: string;
}

let floods = new Floods();

/** The log of a category below `notifyli`; without a name, that one. */
export function logFor(name?: string, options?: LogOptions): Log {
  return new Log(name === undefined ? ["notifyli"] : ["notifyli", name], options);
}

/** Writes how many lines were left out, as at the end of a server. */
export function sumUpLogs(): void {
  floods.sumUp();
}

/** Counts lines anew, as where another log begins. */
export function forgetLines(): void {
  floods.forget();
}

/** Counts lines by these from now on, such as by ones whose minutes a test ends; until disposal. */
export function countLinesBy(given: Floods): Disposable {
  const before = floods;
  floods = given;
  return {
    [Symbol.dispose]() {
      given.forget();
      floods = before;
    },
  };
}

export class Log {
  readonly #logger: Logger;
  readonly #category: string;
  readonly #most: number;

  constructor(category: readonly [string, ...string[]], { most = MOST_A_MINUTE }: LogOptions = {}) {
    this.#logger = getLogger([...category]);
    this.#category = category.join(".");
    this.#most = most;
  }

  /** Whether anybody reads lines of this level, for what is costly to say. */
  isEnabledFor(level: "debug" | "info"): boolean {
    return this.#logger.isEnabledFor(level);
  }

  /** What is only of interest to who looks for something. It is not bounded. */
  debug(message: string, properties?: Properties): void {
    if (this.#logger.isEnabledFor("debug")) this.#logger.debug(message, withRequest(properties));
  }

  info(message: string, properties?: Properties, options?: LineOptions): void {
    this.#bounded("info", message, properties, options);
  }

  warn(message: string, properties?: Properties, options?: LineOptions): void {
    this.#bounded("warning", message, properties, options);
  }

  error(message: string, properties?: Properties, options?: LineOptions): void {
    this.#bounded("error", message, properties, options);
  }

  #bounded(
    level: "info" | "warning" | "error",
    message: string,
    properties: Properties = {},
    { kind = kindOf(message, properties) }: LineOptions = {},
  ): void {
    const logger = this.#logger;
    if (!logger.isEnabledFor(level)) return;
    const bound = {
      most: this.#most,
      sum: (count: number) => write(logger, level, "{count} more: {what}", { count, what: kind }),
    };
    const isBounded = Number.isFinite(this.#most);
    if (isBounded && !floods.mayWrite(this.#category, `${level} ${kind}`, bound)) return;
    write(logger, level, message, withRequest(properties));
  }
}

function write(
  logger: Logger,
  level: LogLevel & ("info" | "warning" | "error"),
  message: string,
  properties: Record<string, unknown>,
): void {
  logger[level](message, properties);
}

/** The request that a line is written for, and the span that runs with its trace. */
function withRequest(properties: Properties = {}): Record<string, unknown> {
  const request = requestId();
  const [, trace_id, span_id] = tracer?.traceparent()?.split("-") ?? [];
  return {
    ...properties,
    ...(request !== undefined && { request }),
    ...(trace_id !== undefined && { trace_id, span_id }),
  };
}

/** The message without its values; with them where it has no words of its own, since it says something else each time. */
function kindOf(message: string, properties: Properties): string {
  const words = message.replace(VALUE, "…");
  return /\p{L}/u.test(words)
    ? words
    : message.replace(VALUE, (_, name: string) => String(properties[name]));
}

const VALUE = /\{(\w+)\}/g;
