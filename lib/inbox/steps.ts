/**
 * Remembers the last steps of notifications on this node, in memory: accepted, edited, deleted or taken back here, given to which
 * connection, acknowledged by which. What stores keep of a notification does not say at which connection it was. A step is a place in lists that are there
 * already: objects that live for so long would be copied by each of the next garbage collections, while messages wait.
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
  readonly step: "accepted" | "edited" | "sent" | "acknowledged" | "deleted" | "withdrawn";
  readonly site: string;
  readonly user: UserId;
  readonly id: string;
  /** Unix time in milliseconds. */
  readonly at: number;
  /** The connection's id. */
  readonly connection?: string | undefined;
  /** Of one that was accepted or edited: when it runs out, a Unix time in milliseconds; absent where it never does. */
  readonly expiresAt?: number | undefined;
}

/** What is known of a step beside its name. */
interface About extends Pick<Step, "connection" | "expiresAt"> {
  /** Unix time in milliseconds. @default now */
  readonly at?: number;
}

export class StepRecord {
  /** The steps, each at one place of all these lists. */
  readonly #names: Step["step"][] = [];
  readonly #sites: string[] = [];
  readonly #users: UserId[] = [];
  readonly #ids: string[] = [];
  readonly #connections: (string | undefined)[] = [];
  readonly #times = new Float64Array(MOST_STEPS);
  /** When they run out; 0 where they never do. */
  readonly #ends = new Float64Array(MOST_STEPS);
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

  note(
    step: Step["step"],
    { site, user, id }: { readonly site: string; readonly user: UserId; readonly id: string },
    { connection, at = Date.now(), expiresAt = 0 }: About = {},
  ): void {
    const place = this.#next;
    this.#names[place] = step;
    this.#sites[place] = site;
    this.#users[place] = user;
    this.#ids[place] = id;
    this.#connections[place] = connection;
    this.#times[place] = at;
    this.#ends[place] = expiresAt;
    this.#next = (place + 1) % MOST_STEPS;
    if (step === "accepted") this.#noteAccepted(id, at);
    else if (step === "acknowledged") this.#noteAcknowledged(id, at);
  }

  of(site: string, user: UserId, id: string): Step[] {
    const found: Step[] = [];
    for (let place = this.#ids.indexOf(id); place >= 0; place = this.#ids.indexOf(id, place + 1)) {
      if (this.#users[place] !== user || this.#sites[place] !== site) continue;
      const [connection, expiresAt] = [this.#connections[place], this.#ends[place]!];
      found.push({
        ...{ step: this.#names[place]!, site, user, id, at: this.#times[place]! },
        ...(connection !== undefined && { connection }),
        ...(expiresAt > 0 && { expiresAt }),
      });
    }
    return found.sort((one, other) => one.at - other.at);
  }

  /** The site's user who has this notification, where a step says so. */
  ownerOf(site: string, id: string): UserId | undefined {
    const place = this.#ids.findIndex((each, index) => each === id && this.#sites[index] === site);
    return this.#users[place];
  }

  /** Since when all steps are known, in Unix milliseconds. */
  get since(): number {
    if (this.#ids.length < MOST_STEPS) return this.#startedAt;
    return this.#times[this.#next] ?? this.#startedAt;
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
