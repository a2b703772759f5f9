/** What servers in the test's own process log, with minutes that the test ends: of equal lines some are written, and the rest is counted. */
import { configure, type LogRecord, reset } from "@logtape/logtape";
import { Floods, inAWhile } from "../../lib/base/floods.ts";
import { countLinesBy } from "../../lib/base/log.ts";

/** How soon it is looked whether a minute is over. */
const LOOK_MS = 20;

const MINUTE_MS = 60_000;

export interface Told {
  /** Lines that are written as they are. */
  readonly lines: number;
  /** How many more the lines sum up that say so. */
  readonly more: readonly number[];
}

export class LoggedFloods implements AsyncDisposable {
  readonly records: LogRecord[] = [];
  #now = 0;
  readonly #counting: Disposable;

  private constructor() {
    this.#counting = countLinesBy(
      new Floods(() => this.#now, (act) => inAWhile(act, LOOK_MS)),
    );
  }

  /** Takes all that is logged from now on. */
  static async begin(): Promise<LoggedFloods> {
    const floods = new LoggedFloods();
    await configure({
      reset: true,
      sinks: { records: (record) => void floods.records.push(record) },
      loggers: [
        { category: "notifyli", lowestLevel: "info", sinks: ["records"] },
        { category: ["logtape", "meta"], sinks: [] },
      ],
    });
    return floods;
  }

  /** Ends the minute. What is summed up is logged a little later. */
  endMinute(): void {
    this.#now += MINUTE_MS;
  }

  /** What is told of one kind. @param part of its lines, and of the one that sums them up */
  told(category: string, part: string): Told {
    const own = this.records.filter(({ category: words, message }) =>
      words.join(".") === category && message.join("").includes(part)
    );
    const more = own.filter(({ message }) => /^\d+ more: /.test(message.join("")));
    return {
      lines: own.length - more.length,
      more: more.map(({ properties }) => Number(properties["count"])),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#counting[Symbol.dispose]();
    await reset();
  }
}
