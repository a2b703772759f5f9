/**
 * Tells applications by webhook when their notifications are delivered and read: takes batches from the store's log, and
 * removes each once it was taken. One node tells at a time, one batch after the other, so the order is kept. Next on a
 * receipt's way: `endpoint.ts`.
 */
import { getLogger } from "@logtape/logtape";
import { type ServerClock, SYSTEM_CLOCK } from "../base/clock.ts";
import type { ReceiptBatch, ReceiptLog } from "../inbox/store/store.ts";
import { type WebhookAnswer, WebhookEndpoint } from "./endpoint.ts";
import type { WebhookCounters } from "./metrics.ts";
import { failedPauseMs, refusedPauseMs } from "./retry.ts";
import type { WebhookConfig } from "./settings.ts";

const log = getLogger(["notifyli", "webhook"]);

/** Most receipts in one request. */
const BATCH_SIZE = 100;
/** How often the log is looked at, and so how long receipts may wait to be told together. */
const LOOK_EVERY_MS = 100;
/** How often the right to tell is renewed, and the log cut to its size. */
const HOLD_EVERY_MS = 1000;
/** Most receipts that may wait; past so many the oldest are dropped. */
const LOG_SIZE = 100_000;
/** For how long a receipt is tried. */
const TRIED_FOR_MS = 3 * 24 * 3_600_000;
/** After so many failures in a row the turn goes on to a node that may reach the address, if this one does not. */
const PASSED_ON_AFTER = 3;
/** How soon the log is asked again to remove what it could not. */
const REMOVE_AGAIN_MS = 1000;

type Failure = Extract<WebhookAnswer, { readonly kind: "failed" | "unreached" }>;

export interface WebhookOptions extends WebhookConfig {
  /** How long a stop waits for the request that is under way. */
  readonly stopWaitMs: number;
  /** @default the machine's own */
  readonly clock?: ServerClock;
}

export class WebhookSender {
  readonly #log: ReceiptLog;
  readonly #counters: WebhookCounters;
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

  constructor(log: ReceiptLog, counters: WebhookCounters, options: WebhookOptions) {
    this.#log = log;
    this.#counters = counters;
    this.#endpoint = new WebhookEndpoint(options);
    this.#stopWaitMs = options.stopWaitMs;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
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
      if (batch === undefined) await this.#pause(LOOK_EVERY_MS);
      else await this.#tell(batch);
    }
  }

  async #next(): Promise<ReceiptBatch | undefined> {
    if (!this.#isHeld) return undefined;
    try {
      return await this.#log.batch(BATCH_SIZE);
    } catch (error) {
      this.#noteUnreadable(error);
      return undefined;
    }
  }

  async #tell(batch: ReceiptBatch): Promise<void> {
    const answer = await this.#endpoint.post(batch, this.#clock.now(), this.#aborting.signal);
    if (answer.kind === "taken") return await this.#finish(batch);
    if (this.#aborting.signal.aborted) return;
    this.#counters.failed.value++;
    this.#warnOnce(answer.reason);
    if (answer.kind === "refused") await this.#afterRefusal(batch, answer.reason);
    else await this.#afterFailure(batch, answer);
  }

  async #finish(batch: ReceiptBatch): Promise<void> {
    this.#counters.sent.value += batch.events.length;
    if (this.#failures + this.#refusals > 0) {
      log.info("the webhook at {host} takes receipts again", { host: this.#endpoint.host });
    }
    this.#failures = 0;
    await this.#remove(batch);
  }

  async #afterRefusal(batch: ReceiptBatch, reason: string): Promise<void> {
    const pauseMs = refusedPauseMs(++this.#refusals);
    if (pauseMs === undefined) await this.#drop(batch, `it refused them: ${reason}`);
    else await this.#pause(pauseMs);
  }

  async #afterFailure(failed: ReceiptBatch, answer: Failure): Promise<void> {
    this.#failures++;
    let batch: ReceiptBatch | undefined = failed;
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

  #isTooOld({ events }: ReceiptBatch): boolean {
    const newest = events.at(-1);
    return newest !== undefined && newest.at < this.#clock.now() - TRIED_FOR_MS;
  }

  async #drop(batch: ReceiptBatch, reason: string): Promise<void> {
    const count = batch.events.length;
    this.#counters.dropped.value += count;
    log.error("{count} receipts for the webhook at {host} were dropped: {reason}", {
      count,
      host: this.#endpoint.host,
      reason,
    });
    await this.#remove(batch);
  }

  /** Tries until the batch is removed, since it would be told again at once otherwise. */
  async #remove(batch: ReceiptBatch): Promise<void> {
    this.#refusals = 0;
    do {
      try {
        return await this.#log.remove(batch);
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
      const dropped = this.#isHeld ? await this.#log.trim(LOG_SIZE) : 0;
      if (dropped === 0) return;
      this.#counters.dropped.value += dropped;
      log.error("{count} receipts for the webhook at {host} were dropped: {reason}", {
        count: dropped,
        host: this.#endpoint.host,
        reason: `more than ${LOG_SIZE} wait for it`,
      });
    } catch (error) {
      this.#noteUnreadable(error);
    }
  }

  /** Logs a line when the webhook begins to fail, and none for each try. */
  #warnOnce(reason: string): void {
    if (this.#failures + this.#refusals > 0) return;
    log.warn("the webhook at {host} takes no receipts: {reason}; trying again", {
      host: this.#endpoint.host,
      reason,
    });
  }

  /** Logs this for debugging alone: the engine itself logs that it is away. */
  #noteUnreadable(error: unknown): void {
    this.#isHeld = false;
    log.debug("the log of receipts cannot be used: {reason}", { reason: String(error) });
  }

  get #isStopping(): boolean {
    return this.#stopping.aborted;
  }

  #pause(ms: number): Promise<void> {
    return this.#clock.pause(ms, this.#stopping);
  }
}
