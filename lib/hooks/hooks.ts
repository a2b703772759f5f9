/** What operators see of endpoints: how far each is, as this node knows it, and what was given up. */
import type { AppEvents } from "./events/app_events.ts";
import type { DeadEvent, DeadEvents } from "./events/dead_events.ts";
import type { SenderState } from "./sender.ts";

/** One endpoint, as one node knows it. */
export interface HookState {
  /** `webhook` for receipts. */
  readonly name: string;
  /** The host alone: the rest may be secret. */
  readonly url: string;
  /** Patterns of what it is told. */
  readonly events: readonly string[];
  /** How many wait; 0 on a node that does not tell it. */
  readonly queued: number;
  /** Of this node, since it started. */
  readonly delivered: number;
  readonly failed: number;
  readonly dropped: number;
  readonly sender: SenderState;
}

/** An endpoint of the settings. */
export interface Told {
  readonly name: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly counters: Readonly<Record<"sent" | "failed" | "dropped", { readonly value: number }>>;
  waiting(): number;
  state(): SenderState;
}

export class Hooks {
  readonly #told: readonly Told[];
  readonly #dead: DeadEvents;
  readonly #events: AppEvents;

  constructor(told: readonly Told[], dead: DeadEvents, events: AppEvents) {
    this.#told = told;
    this.#dead = dead;
    this.#events = events;
  }

  states(): HookState[] {
    return this.#told.map(({ name, url, events, counters, waiting, state }) => ({
      ...{ name, url: hostOf(url), events, queued: waiting() },
      ...{ delivered: counters.sent.value, failed: counters.failed.value },
      ...{ dropped: counters.dropped.value, sender: state() },
    }));
  }

  /** How many were given up and are kept, by endpoint. Rejects where the database cannot be used. */
  countDead(): Promise<Map<string, number>> {
    return this.#dead.count();
  }

  dead(limit: number, before?: { at: number; id: string }): Promise<DeadEvent[]> {
    return this.#dead.list(limit, before);
  }

  resend(id: string): Promise<void> {
    return this.#dead.resend(id, this.#events, this.#told.map(({ name }) => name));
  }

  removeDead(id: string): Promise<void> {
    return this.#dead.remove(id);
  }
}

function hostOf(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}/***`;
}
