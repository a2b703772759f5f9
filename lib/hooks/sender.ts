/**
 * Tells one endpoint of an application what happens, such as that notifications are delivered and read: takes batches from
 * a log, and removes each once it was taken. One node tells at a time, one batch after the other, so the order is kept.
 * Next on the way: `endpoint.ts`.
 */
import { logFor } from "../base/log.ts";
import { type ServerClock, SYSTEM_CLOCK } from "../base/clock.ts";
import { type EndpointConfig, type WebhookAnswer, WebhookEndpoint } from "./endpoint.ts";
import type { Happening, HookBatch, HookLog } from "./log.ts";
import { failedPauseMs, refusedPauseMs } from "./retry.ts";

const log = logFor("webhook");

/** How often the log is looked at, and so how long events may wait to be told together. */
const LOOK_EVERY_MS = 100;
/** How often the right to tell is renewed, and the log cut to its size. */
const HOLD_EVERY_MS = 1000;
/** For how long an event is tried. */
const TRIED_FOR_MS = 3 * 24 * 3_600_000;
/** After so many failures in a row the turn goes on to a node that may reach the address, if this one does not. */
const PASSED_ON_AFTER = 3;
/** How soon the log is asked again to remove what it could not. */
const REMOVE_AGAIN_MS = 1000;

type Failure = Extract<WebhookAnswer, { readonly kind: "failed" | "unreached" }>;

/** What is told to an endpoint, and how. */
export interface Telling<Event> {
  /** How the log calls the events, such as "receipts". */
  readonly what: string;
  /** How the log calls the endpoint, before its host, such as "the webhook". */
  readonly endpoint: string;
  /** The body of a request that tells these. */
  bodyOf(events: readonly Event[]): string;
  /** Most events in one request. */
  readonly batchSize: number;
  /** Most events that may wait; past so many the oldest are dropped. */
  readonly logSize: number;
}

/** What is counted of the events of one endpoint, or of several. */
export interface TellingCounters {
  readonly sent: { value: number };
  readonly failed: { value: number };
  readonly dropped: { value: number };
}

export interface WebhookOptions<Event> extends EndpointConfig {
  readonly telling: Telling<Event>;
  /** How long a stop waits for the request that is under way. */
  readonly stopWaitMs: number;
  /** Keeps what is given up; never rejects. @default nobody does */
  keepDead?(events: readonly Event[], reason: string): Promise<void>;
  /** @default the machine's own */
  readonly clock?: ServerClock;
}

/** How far a sender is. */
export interface SenderState {
  /** Whether this node tells the endpoint right now. */
  readonly isHeld: boolean;
  readonly isFailing: boolean;
  /** The time of the oldest event that is being told, in Unix milliseconds; absent where none is. */
  readonly oldestAt?: number;
  readonly lastError?: { readonly at: number; readonly reason: string };
}

export class WebhookSender<Event extends Happening> {
  readonly #log: HookLog<Event>;
  readonly #counters: TellingCounters;
  readonly #telling: Telling<Event>;
  readonly #endpoint: WebhookEndpoint;
  readonly #stopWaitMs: number;
  readonly #clock: ServerClock;
  /** Aborts the request that is under way. */
  readonly #aborting = new AbortController();
  /** Aborts when nothing new is to be begun. */
  #stopping: AbortSignal = new AbortController().signal;
  #renewing: Promise<void> | undefined;
  #isHeld = false;
  /** Whether other nodes may take the turn, so that this one does not ask for it. */
  #isPassing = false;
  /** Failures in a row, whatever the batch. */
  #failures = 0;
  /** How often the batch at hand was refused. */
  #refusals = 0;
  /** The time of the first event of the batch at hand. */
  #oldestAt: number | undefined;
  #lastError: SenderState["lastError"];
  readonly #keepDead: WebhookOptions<Event>["keepDead"];

  constructor(log: HookLog<Event>, counters: TellingCounters, options: WebhookOptions<Event>) {
    this.#log = log;
    this.#counters = counters;
    this.#telling = options.telling;
    this.#endpoint = new WebhookEndpoint(options);
    this.#stopWaitMs = options.stopWaitMs;
    this.#keepDead = options.keepDead?.bind(options);
    this.#clock = options.clock ?? SYSTEM_CLOCK;
  }

  get state(): SenderState {
    return {
      isHeld: this.#isHeld,
      isFailing: this.#failures + this.#refusals > 0,
      ...(this.#oldestAt !== undefined && { oldestAt: this.#oldestAt }),
      ...(this.#lastError && { lastError: this.#lastError }),
    };
  }

  /** Tells until the signal aborts. What was not taken by then stays in the log. */
  async run(signal: AbortSignal): Promise<void> {
    this.#stopping = signal;
    const holding = setInterval(() => void this.#hold(), HOLD_EVERY_MS);
    let late: ReturnType<typeof setTimeout> | undefined;
    signal.addEventListener("abort", () => {
      late = setTimeout(() => this.#aborting.abort(), this.#stopWaitMs);
    });
    await this.#tellAll();
    clearTimeout(late);
    clearInterval(holding);
    await this.#renewing;
    await this.#log.release();
  }

  async #tellAll(): Promise<void> {
    await this.#hold();
    while (!this.#isStopping) {
      const batch = await this.#next();
      this.#oldestAt = batch?.events[0]?.at;
      if (batch === undefined) await this.#pause(LOOK_EVERY_MS);
      else await this.#tell(batch);
    }
  }

  async #next(): Promise<HookBatch<Event> | undefined> {
    if (!this.#isHeld) return undefined;
    try {
      return await this.#log.batch(this.#telling.batchSize);
    } catch (error) {
      this.#noteUnreadable(error);
      return undefined;
    }
  }

  async #tell(batch: HookBatch<Event>): Promise<void> {
    const body = this.#telling.bodyOf(batch.events);
    const request = { id: batch.id, body, time: this.#clock.now() };
    const answer = await this.#endpoint.post(request, this.#aborting.signal);
    if (answer.kind === "taken") return await this.#finish(batch);
    if (this.#aborting.signal.aborted) return;
    this.#counters.failed.value++;
    this.#warnOnce(answer.reason);
    this.#lastError = { at: this.#clock.now(), reason: answer.reason };
    if (answer.kind === "refused") await this.#afterRefusal(batch, answer.reason);
    else await this.#afterFailure(batch, answer);
  }

  async #finish(batch: HookBatch<Event>): Promise<void> {
    this.#counters.sent.value += batch.events.length;
    if (this.#failures + this.#refusals > 0) {
      log.info("{endpoint} at {host} takes {what} again", this.#named);
    }
    this.#failures = 0;
    await this.#remove(batch);
  }

  async #afterRefusal(batch: HookBatch<Event>, reason: string): Promise<void> {
    const pauseMs = refusedPauseMs(++this.#refusals);
    if (pauseMs === undefined) await this.#drop(batch, `it refused them: ${reason}`);
    else await this.#pause(pauseMs);
  }

  async #afterFailure(failed: HookBatch<Event>, answer: Failure): Promise<void> {
    this.#failures++;
    let batch: HookBatch<Event> | undefined = failed;
    while (batch !== undefined && this.#isTooOld(batch)) {
      await this.#drop(batch, "it did not take them within 3 days");
      batch = await this.#next();
    }
    const pauseMs = failedPauseMs(this.#failures);
    if (answer.kind === "failed") await this.#pause(answer.retryAfterMs ?? pauseMs);
    else if (this.#failures < PASSED_ON_AFTER) await this.#pause(pauseMs);
    else await this.#passOn(pauseMs);
  }

  /** Lets another node tell, and waits. Where none has taken the turn by then, this one goes on. */
  async #passOn(pauseMs: number): Promise<void> {
    this.#isPassing = true;
    await this.#renewing;
    this.#isHeld = false;
    await this.#log.release();
    await this.#pause(pauseMs);
    this.#isPassing = false;
    await this.#hold();
  }

  #isTooOld({ events }: HookBatch<Event>): boolean {
    const newest = events.at(-1);
    return newest !== undefined && newest.at < this.#clock.now() - TRIED_FOR_MS;
  }

  async #drop(batch: HookBatch<Event>, reason: string): Promise<void> {
    this.#noteDropped(batch.events.length, reason);
    await this.#keepDead?.(batch.events, reason);
    await this.#remove(batch, () => this.#log.drop?.(batch) ?? this.#log.remove(batch));
  }

  /** Tries until the batch is removed, since it would be told again at once otherwise. */
  async #remove(
    batch: HookBatch<Event>,
    remove = () => this.#log.remove(batch),
  ): Promise<void> {
    this.#refusals = 0;
    do {
      try {
        return await remove();
      } catch (error) {
        this.#noteUnreadable(error);
      }
      await this.#pause(REMOVE_AGAIN_MS);
    } while (!this.#isStopping);
  }

  #hold(): Promise<void> {
    if (this.#isPassing) return Promise.resolve();
    this.#renewing ??= this.#renew().finally(() => this.#renewing = undefined);
    return this.#renewing;
  }

  async #renew(): Promise<void> {
    try {
      this.#isHeld = await this.#log.hold();
      const { logSize } = this.#telling;
      const dropped = this.#isHeld ? await this.#log.trim(logSize) : 0;
      if (dropped > 0) this.#noteDropped(dropped, `more than ${logSize} wait for it`);
    } catch (error) {
      this.#noteUnreadable(error);
    }
  }

  #noteDropped(count: number, reason: string): void {
    this.#counters.dropped.value += count;
    log.error("{count} {what} for {endpoint} at {host} were dropped: {reason}", {
      ...this.#named,
      count,
      reason,
    });
  }

  /** Logs a line when the endpoint begins to fail, and none for each try. */
  #warnOnce(reason: string): void {
    if (this.#failures + this.#refusals > 0) return;
    log.warn("{endpoint} at {host} takes no {what}: {reason}; trying again", {
      ...this.#named,
      reason,
    });
  }

  get #named() {
    const { what, endpoint } = this.#telling;
    return { what, endpoint, host: this.#endpoint.host };
  }

  /** Logs this for debugging alone: the engine itself logs that it is away. */
  #noteUnreadable(error: unknown): void {
    this.#isHeld = false;
    log.debug("the log of {what} cannot be used: {reason}", {
      ...this.#named,
      reason: String(error),
    });
  }

  get #isStopping(): boolean {
    return this.#stopping.aborted;
  }

  #pause(ms: number): Promise<void> {
    return this.#clock.pause(ms, this.#stopping);
  }
}
