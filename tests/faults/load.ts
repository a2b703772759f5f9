/**
 * A publisher over HTTP, good for thousands of notifications a second: for each user it awaits one answer before it
 * sends the next one, and tries again with the same `Idempotency-Key`, at the next node, until it has one.
 */
import type { Ledger } from "./ledger.ts";
import { Pipeline } from "./pipeline.ts";
import type { Random } from "./random.ts";

export interface LoadOptions {
  /** Of the nodes, each on 127.0.0.1. */
  readonly ports: readonly number[];
  readonly users: readonly string[];
  readonly ledger: Ledger;
  readonly random: Random;
  /** Notifications a second, at most. */
  readonly rate: number;
  /** How the ledger knows it, and how its ids begin. @default "http" */
  readonly name?: string;
}

/** One user's turn: a notification that is under way, or has to be sent again. */
interface Lane {
  readonly user: string;
  count: number;
  /** Of the nodes, whose turn it is. */
  node: number;
  retry: boolean;
}

const CONNECTIONS_PER_NODE = 32;
const DEPTH = 4;
const ANSWER_WITHIN_MS = 5_000;
const RETRY_AFTER_MS = 100;
const TICK_MS = 5;
/** What could not be sent in time is not made up for by a burst longer than this. */
const BURST_SECONDS = 0.1;
/** Of what failed, how often the publisher leaves it at that: nobody knows then whether it is stored. */
const GIVEN_UP = 0.05;

export class Load implements AsyncDisposable {
  readonly #options: Required<LoadOptions>;
  readonly #ready: Lane[];
  readonly #retries: Lane[] = [];
  readonly #slots: (Pipeline | undefined)[][];
  readonly #opening = new Map<string, Promise<void>>();
  /** Until a lane is tried again. */
  readonly #pauses = new Set<ReturnType<typeof setTimeout>>();
  readonly #tick: ReturnType<typeof setInterval>;
  readonly #reopening: ReturnType<typeof setInterval>;
  readonly #startedAt = performance.now();
  #endedAt = 0;
  #lastTick = performance.now();
  #allowance = 0;
  #underWay = 0;
  #isEnding = false;
  #isClosed = false;
  #refusal: string | undefined;
  /** Answers that said it is accepted. */
  accepted = 0;
  /** Answers that said it is not. */
  refused = 0;
  /** No answer at all. */
  unanswered = 0;

  constructor(options: LoadOptions) {
    this.#options = { name: "http", ...options };
    const { users, random, ports } = this.#options;
    this.#ready = random.shuffled(users).map((user) => (
      { user, count: 0, node: random.integer(0, ports.length - 1), retry: false }
    ));
    this.#slots = ports.map(() => new Array(CONNECTIONS_PER_NODE).fill(undefined));
    this.#reopen();
    this.#tick = setInterval(() => this.#onTick(), TICK_MS);
    this.#reopening = setInterval(() => this.#reopen(), RETRY_AFTER_MS);
  }

  /** Accepted a second, until now or until the end of sending. */
  get rate(): number {
    const until = this.#endedAt || performance.now();
    return Math.round(this.accepted / (until - this.#startedAt) * 1000);
  }

  /** Sends no new ones; resolves when each that was sent has its answer, or `ms` are over. */
  async end(ms = 30_000): Promise<void> {
    this.#isEnding = true;
    this.#endedAt = performance.now();
    const deadline = performance.now() + ms;
    while (this.#underWay + this.#retries.length + this.#pauses.size > 0) {
      if (performance.now() > deadline) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await this[Symbol.asyncDispose]();
    if (this.#refusal !== undefined) throw new Error(this.#refusal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#tick);
    clearInterval(this.#reopening);
    await Promise.all(this.#opening.values());
    await Promise.all(this.#slots.flat().map((slot) => slot?.close()));
    for (const pause of this.#pauses) clearTimeout(pause);
  }

  #onTick(): void {
    const now = performance.now();
    const { rate } = this.#options;
    const due = this.#allowance + (now - this.#lastTick) / 1000 * rate;
    this.#allowance = Math.min(due, rate * BURST_SECONDS);
    this.#lastTick = now;
    for (const slots of this.#slots) for (const slot of slots) slot?.expire(ANSWER_WITHIN_MS);
    this.#fill();
  }

  /** Sends as much as is due and the connections take: what has to be sent again first. */
  #fill(): void {
    if (this.#isClosed) return;
    while (this.#allowance >= 1) {
      const queue = this.#retries.length > 0 ? this.#retries : this.#isEnding ? [] : this.#ready;
      const lane = queue[0];
      const pipeline = lane && this.#free(lane);
      if (lane === undefined || pipeline === undefined) return;
      queue.shift();
      this.#allowance--;
      this.#send(lane, pipeline);
    }
  }

  /** A connection to the lane's node, or to the next one that is there. */
  #free(lane: Lane): Pipeline | undefined {
    const { length } = this.#slots;
    for (let step = 0; step < length; step++) {
      const node = (lane.node + step) % length;
      const free = this.#slots[node]?.find((slot) => slot !== undefined && !slot.isFull);
      if (free === undefined) continue;
      lane.node = node;
      return free;
    }
  }

  #send(lane: Lane, pipeline: Pipeline): void {
    const { ledger, name, ports } = this.#options;
    if (!lane.retry) lane.count++;
    const id = `${name}-${lane.user}-${String(lane.count).padStart(6, "0")}`;
    ledger.sent(lane.user, id);
    this.#underWay++;
    pipeline.send(request(ports[lane.node] ?? 0, lane.user, id), (status) => {
      this.#underWay--;
      if (status === 200 || status === 201) this.#accept(lane, id);
      else this.#fail(lane, status);
    });
  }

  #accept(lane: Lane, id: string): void {
    const { ledger, name, random, ports } = this.#options;
    this.accepted++;
    ledger.accepted(lane.user, id, name);
    lane.retry = false;
    lane.node = random.integer(0, ports.length - 1);
    this.#ready.push(lane);
    this.#fill();
  }

  #fail(lane: Lane, status: number | undefined): void {
    const { random, ports } = this.#options;
    if (status === undefined) this.unanswered++;
    else this.refused++;
    if (status !== undefined && status < 500) {
      this.#refusal = `A notification was answered with ${status}`;
    }
    lane.node = (lane.node + 1) % ports.length;
    lane.retry = !random.chance(GIVEN_UP);
    const queue = lane.retry ? this.#retries : this.#ready;
    const pause = setTimeout(() => {
      this.#pauses.delete(pause);
      queue.push(lane);
    }, RETRY_AFTER_MS);
    this.#pauses.add(pause);
  }

  /** Opens the connections that are not there, or no more. */
  #reopen(): void {
    this.#slots.forEach((slots, node) =>
      slots.forEach((pipeline, slot) => {
        if (pipeline === undefined || pipeline.isBroken) this.#open(node, slot);
      })
    );
  }

  #open(node: number, slot: number): void {
    const slots = this.#slots[node] ?? [];
    const place = `${node}:${slot}`;
    if (this.#opening.has(place)) return;
    const opening = Pipeline.open(this.#options.ports[node] ?? 0, DEPTH)
      .then((pipeline) => void (slots[slot] = pipeline), () => {}) // the node is down
      .finally(() => this.#opening.delete(place));
    this.#opening.set(place, opening);
  }
}

function request(port: number, user: string, id: string): string {
  const path = `/api/users/${user}/notifications`;
  return `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nIdempotency-Key: ${id}\r\n` +
    `Content-Length: ${id.length}\r\n\r\n${id}`;
}
