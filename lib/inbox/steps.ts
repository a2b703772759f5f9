/**
 * Remembers the last steps of notifications on this node, in memory: accepted here, given to which connection, acknowledged by
 * which. What stores keep of a notification does not say at which connection it was. A step costs one object in a ring.
 */
import type { UserId } from "../base/fields.ts";

/** Most steps; the oldest go. */
const MOST_STEPS = 20_000;

/** Most acceptances whose acknowledgement is waited for, to say how long it took. */
const MOST_ACCEPTED = 10_000;

/** How long a time that something took is shown, and most of them. */
const LATENCY_MS = 60_000;
const MOST_LATENCIES = 500;

export interface Step {
  readonly step: "accepted" | "sent" | "acknowledged" | "withdrawn";
  readonly site: string;
  readonly user: UserId;
  readonly id: string;
  /** Unix time in milliseconds. */
  readonly at: number;
  /** The connection's id. */
  readonly connection?: string | undefined;
}

export class StepRecord {
  readonly #steps: Step[] = [];
  #next = 0;
  readonly #startedAt = Date.now();
  /** When those were accepted that nobody has acknowledged yet, by id. */
  readonly #accepted = new Map<string, number>();
  readonly #latencies: { readonly at: number; readonly ms: number }[] = [];
  #nextLatency = 0;

  readonly #onAcknowledged: (ms: number) => void;

  /** @param onAcknowledged is told how long a notification took until the first client had acknowledged it */
  constructor(onAcknowledged: (ms: number) => void = () => {}) {
    this.#onAcknowledged = onAcknowledged;
  }

  /** @param at when it was, in Unix milliseconds. @default now */
  note(step: Omit<Step, "at">, at = Date.now()): void {
    this.#steps[this.#next] = { ...step, at };
    this.#next = (this.#next + 1) % MOST_STEPS;
    if (step.step === "accepted") this.#noteAccepted(step.id, at);
    else if (step.step === "acknowledged") this.#noteAcknowledged(step.id, at);
  }

  of(site: string, user: UserId, id: string): Step[] {
    return this.#steps.filter((step) => step.id === id && step.user === user && step.site === site)
      .sort((one, other) => one.at - other.at);
  }

  /** The site's user who has this notification, where a step says so. */
  ownerOf(site: string, id: string): UserId | undefined {
    return this.#steps.find((step) => step.id === id && step.site === site)?.user;
  }

  /** Since when all steps are known, in Unix milliseconds. */
  get since(): number {
    if (this.#steps.length < MOST_STEPS) return this.#startedAt;
    return this.#steps[this.#next]?.at ?? this.#startedAt;
  }

  /** How long it took from when notifications were accepted here to when they were acknowledged, in the last minute. */
  latency(): { readonly p50: number | null; readonly p99: number | null } {
    const from = Date.now() - LATENCY_MS;
    const sorted = this.#latencies.filter(({ at }) => at >= from).map(({ ms }) => ms)
      .sort((one, other) => one - other);
    if (sorted.length === 0) return { p50: null, p99: null };
    const at = (part: number) =>
      sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!;
    return { p50: at(0.5), p99: at(0.99) };
  }

  #noteAccepted(id: string, at: number): void {
    this.#accepted.set(id, at);
    if (this.#accepted.size <= MOST_ACCEPTED) return;
    for (const oldest of this.#accepted.keys()) return void this.#accepted.delete(oldest);
  }

  #noteAcknowledged(id: string, at: number): void {
    const acceptedAt = this.#accepted.get(id);
    if (acceptedAt === undefined) return;
    this.#accepted.delete(id);
    this.#onAcknowledged(at - acceptedAt);
    this.#latencies[this.#nextLatency] = { at, ms: at - acceptedAt };
    this.#nextLatency = (this.#nextLatency + 1) % MOST_LATENCIES;
  }
}
