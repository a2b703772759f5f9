/**
 * Rejects the commands of a connection that Redis does not answer in time. A process that stood still (a paused machine, a
 * long computation) finds its timers due before it has read its sockets, so no command is given up while answers are there
 * to be read. One timer serves all commands: Redis answers them in their order.
 */
import type { Command, Redis } from "ioredis";
import { Queue } from "../../base/queue.ts";

/** How long what has come by now is read before a command is given up. */
const READING_MS = 100;

/**
 * How often more is read, as long as more comes. Redis answers in order, so a command that waits behind many others is late,
 * and Redis is there all the same.
 */
const MOST_READINGS = 250;

interface Asked {
  readonly command: Command;
  /** When the command is late, on `performance.now()`'s clock. */
  readonly lateAt: number;
}

export class AnswerDeadline {
  readonly #redis: Redis;
  readonly #ms: number;
  /** The commands that may not be answered yet, the oldest first. Those that are leave with the next one that is asked. */
  #asked = new Queue<Asked>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** How often more was read since the oldest command was late. */
  #readings = 0;
  /** How many bytes the connection had brought at the last reading. */
  #bytesRead = 0;

  constructor(redis: Redis, ms: number) {
    this.#redis = redis;
    this.#ms = ms;
    redis.on("close", () => this.#forget());
  }

  add(command: Command): void {
    this.#dropAnswered();
    this.#asked.push({ command, lateAt: performance.now() + this.#ms });
    this.#timer ??= setTimeout(() => this.#look(), this.#ms);
  }

  /** The connection is gone, and its commands are rejected. */
  #forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#readings = 0;
    this.#asked = new Queue();
  }

  #look(): void {
    this.#timer = undefined;
    this.#dropAnswered();
    const oldest = this.#asked.at(0);
    if (oldest === undefined) return;
    const leftMs = oldest.lateAt - performance.now();
    if (leftMs > 0) this.#readings = 0;
    else if (this.#mayRead()) this.#readings++;
    else return this.#giveUp();
    this.#timer = setTimeout(() => this.#look(), Math.max(leftMs, READING_MS));
  }

  /** Whether the answer may be on its way out of the socket. */
  #mayRead(): boolean {
    const bytesRead = Number(this.#redis.stream?.bytesRead ?? 0);
    const hasMore = bytesRead !== this.#bytesRead;
    this.#bytesRead = bytesRead;
    return this.#readings === 0 || hasMore && this.#readings < MOST_READINGS;
  }

  #giveUp(): void {
    const now = performance.now();
    for (let asked = this.#asked.at(0); asked && asked.lateAt <= now; asked = this.#asked.at(0)) {
      this.#asked.shift();
      if (!asked.command.isSettled) asked.command.reject(new Error("Command timed out"));
    }
    this.#readings = 0;
    const next = this.#asked.at(0);
    if (next !== undefined) this.#timer = setTimeout(() => this.#look(), next.lateAt - now);
  }

  #dropAnswered(): void {
    while (this.#asked.at(0)?.command.isSettled) this.#asked.shift();
  }
}
