/**
 * Sends what waits in `push_sends`. All nodes do, and each row is one node's for a while; a provider that fails rests, and holds
 * nothing up that goes elsewhere. What a node had begun that died is sent once more, under the same name, so that the device shows
 * it once.
 */
import { logFor } from "../base/log.ts";
import type { ServerClock } from "../base/clock.ts";
import { tracer } from "../base/tracing.ts";
import { CodedError } from "../base/errors.ts";
import type { UserId } from "../base/fields.ts";
import { reasonOf } from "../base/reason.ts";
import { SharedReads } from "../base/shared_reads.ts";
import type { Revocations } from "../auth/revocations/revocations.ts";
import type { Content } from "../core/publication.ts";
import type { Task } from "../core/task.ts";
import type { Database, Work } from "../engines/database/database.ts";
import type { InboxService } from "../inbox/inbox.ts";
import { Denials } from "./denials.ts";
import type { Devices } from "./devices.ts";
import type { KeptDevice, Providers } from "./kept_device.ts";
import type { Messages } from "./message.ts";
import type { PushCounters, ResultCounters } from "./metrics.ts";
import type { PushProvider } from "./provider.ts";
import type { Breakers } from "./providers/breaker.ts";
import { wasSeen, wasTaken } from "./seen.ts";
import {
  closeInstead,
  dropSends,
  giveBack,
  NEXT_SEND,
  postpone,
  type Send,
  settle,
  settleGone,
  takeSends,
} from "./store.ts";
import type { DeviceMessage, PushResult } from "./types.ts";
import { UnderWay } from "./under_way.ts";
import type { PushTelling, PushWitness } from "./witness.ts";

const log = logFor("push");

/** How long a push service has to answer. */
const ANSWER_MS = 15_000;

/** How often a node looks at the least, since another one may have written something. */
const LOOK_MS = 1000;

/** How long it is waited after a failure, twice as long after each further one, and at most. */
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 1_800_000;
const JITTER = 0.25;

/** Most push services that are left out at once, by name: those that rest, or are busy. */
const MOST_LEFT_OUT = 50;

const DROP_MS = 3_600_000;
const DAY_MS = 24 * 3_600_000;

interface SenderParts {
  readonly database: Database;
  readonly devices: Devices;
  readonly inbox: Pick<InboxService, "find" | "unread">;
  readonly providers: Providers;
  readonly breakers: Breakers;
  readonly revocations: Pick<Revocations, "refusal" | "blockOf" | "isLoaded">;
  readonly messages: Messages;
  readonly counters: PushCounters;
  readonly results: ResultCounters;
  /** Days that it is known what became of a push. */
  readonly days: number;
  /** How long a node may be silent before another one takes what it was sending. */
  readonly heldMs: number;
  readonly clock: ServerClock;
}

export class PushSender implements Task {
  readonly name = "pushes";
  readonly #parts: SenderParts;
  readonly #unread = new SharedReads<number>();
  readonly #underWay: UnderWay;
  readonly #witnesses: PushWitness[] = [];
  /** Until when nothing is sent to an origin, in Unix milliseconds. */
  readonly #resting = new Map<string, number>();
  readonly #denials: Denials;
  #lagMs = 0;
  #wake: () => void = () => {};
  #hasWork = false;
  #isFirst = true;
  #isFailing = false;
  #droppedAt = -Infinity;

  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.#underWay = new UnderWay(parts.database, parts.heldMs);
    this.#denials = new Denials(() => parts.clock.now());
  }

  /** How long the push has been due that waits for longest, by the last look. */
  get lagSeconds(): number {
    return this.#lagMs / 1000;
  }

  /** Has somebody told of what becomes of each push. */
  listen(witness: PushWitness): void {
    this.#witnesses.push(witness);
  }

  /** There may be something to send. */
  wake(): void {
    this.#hasWork = true;
    this.#wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { database, clock } = this.#parts;
    signal.addEventListener("abort", () => this.#wake(), { once: true });
    while (!signal.aborted) {
      let wait = LOOK_MS;
      try {
        this.#hasWork = false;
        if (database.whyNotReady() === undefined) {
          if (await this.#takeSome(signal)) continue;
          await this.#dropOld();
          wait = Math.min(await this.#untilNext(), this.#underWay.restMs);
        }
        this.#isFailing = false;
      } catch (error) {
        this.#noteFailure(error);
      }
      if (this.#hasWork || signal.aborted) continue;
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      await clock.pause(wait, woken.signal);
      this.#wake = () => {};
    }
    // What is under way is answered within seconds, and noted.
    while (this.#underWay.count > 0) await clock.pause(10);
  }

  /** Sends a message to a device now, for who wants to know whether that works. */
  async sendNow(device: KeptDevice, message: DeviceMessage): Promise<PushResult> {
    const provider = this.#parts.providers.get(device.provider);
    if (provider === undefined) {
      return { result: "refused", why: `the server is not set up for ${device.provider}` };
    }
    return await this.#ask(provider, device, message);
  }

  /** Takes what is due, as much as there is room for, and begins to send it. Says whether there may be more. */
  async #takeSome(signal: AbortSignal): Promise<boolean> {
    const { database, clock } = this.#parts;
    const now = clock.now();
    await this.#underWay.renew(now);
    const limit = this.#underWay.room;
    if (limit <= 0) return false; // whoever is done wakes
    // A file has one server: what is held when it starts was left behind by the last one.
    const isFirst = this.#isFirst && database.dialect === "sqlite";
    const [except, own] = [this.#leftOut(now), this.#underWay.lapsed(now)];
    const heldUntil = this.#underWay.heldUntil(now);
    const taken = await database.transaction(
      () => takeSends({ now, heldUntil, limit, except, own, isFirst }),
      "push_sends",
    );
    this.#isFirst = false;
    for (const send of taken) this.#begin(send, signal);
    return taken.length === limit;
  }

  #leftOut(now: number): string[] {
    for (const [origin, until] of this.#resting) {
      if (until <= now) this.#resting.delete(origin);
    }
    return [...new Set([...this.#underWay.busy, ...this.#resting.keys()])].slice(0, MOST_LEFT_OUT);
  }

  #begin(send: Send, signal: AbortSignal): void {
    this.#underWay.begin(send);
    void this.#send(send, signal).catch((error) => this.#noteFailure(error)).finally(() => {
      this.#underWay.end(send);
      this.wake();
    });
  }

  async #send(send: Send, signal: AbortSignal): Promise<void> {
    const { devices, providers, breakers, clock } = this.#parts;
    if (signal.aborted) return await this.#end(send, giveBack);
    const now = clock.now();
    if (send.expiresAt <= now) {
      return await this.#settle(send, { state: isShow(send) ? "failed" : "taken", why: "expired" });
    }
    const device = await devices.find(send.site, send.device);
    const provider = providers.get(send.provider);
    if (device === undefined || device.user !== send.user) {
      return await this.#settle(send, { state: "gone", why: "the device was removed" });
    }
    if (provider === undefined) {
      return await this.#settle(send, { state: "refused", why: "the server is not set up for it" });
    }
    if (await this.#isSilenced(send, device)) return;
    const message = await this.#messageOf(send);
    if (message === undefined) return;
    const restsUntil = breakers.restsUntil(send.origin);
    if (restsUntil !== undefined) {
      this.#resting.set(send.origin, restsUntil);
      return await this.#end(send, giveBack);
    }
    const result = await this.#ask(provider, device, message);
    breakers.note(send.origin, result);
    this.#parts.results.note(send.provider, result.result);
    await this.#note(send, result);
  }

  /** Asks a provider, which has so long to answer. What has failed may be tried again. */
  #ask(
    provider: PushProvider,
    device: KeptDevice,
    message: DeviceMessage,
  ): Promise<PushResult> {
    if (tracer === undefined) return this.#asked(provider, device, message);
    return tracer.run("push", { kind: "client" }, async () => {
      const answer = await this.#asked(provider, device, message);
      tracer?.note({ "notifyli.provider": device.provider, "notifyli.result": answer.result });
      return answer;
    });
  }

  async #asked(
    provider: PushProvider,
    device: KeptDevice,
    message: DeviceMessage,
  ): Promise<PushResult> {
    try {
      return await provider.send(device, message, AbortSignal.timeout(ANSWER_MS));
    } catch (error) {
      return { result: "later", why: reasonOf(error) };
    }
  }

  /** Nothing goes to a user who is blocked, and nothing to a device whose session was revoked. */
  async #isSilenced(send: Send, { boundTo }: KeptDevice): Promise<boolean> {
    const { revocations, devices, clock } = this.#parts;
    const { site, user, device: id } = send;
    if (!revocations.isLoaded) {
      const dueAt = clock.now() + LOOK_MS;
      await this.#end(send, (held) => giveBack(held, dueAt));
      return true;
    }
    if (revocations.blockOf(site, user) !== undefined) {
      await this.#settle(send, { state: isShow(send) ? "spared" : "taken", why: "blocked" });
      return true;
    }
    if (boundTo === undefined || revocations.refusal(boundTo) === undefined) return false;
    await this.#settle(send, { state: "gone", why: "its session was revoked" });
    await devices.remove({ site, user, id }, "its session was revoked");
    return true;
  }

  /** What the device is told; `undefined` where it is not to be told anything any more, which is noted. */
  async #messageOf(send: Send): Promise<DeviceMessage | undefined> {
    const { inbox, messages } = this.#parts;
    const { site, user, id } = send;
    const badge = await this.#unreadOf(site, user);
    if (send.what === "close") return await messages.close(send, badge);
    const found = send.body === "" ? await inbox.find(site, user, id) : undefined;
    const why = send.body !== ""
      ? undefined
      : found === undefined
      ? "withdrawn"
      : wasSeen(found) ?? (wasTaken(send, found) ? "delivered" : undefined);
    if (why !== undefined) return void await this.#spare(send, why);
    const said: Content & { at?: number } = found?.publication ?? JSON.parse(send.body);
    return await messages.show(send, said, badge);
  }

  /** It was seen meanwhile. Where nobody knows whether a node that died has sent it, it is closed. */
  async #spare(send: Send, why: string): Promise<void> {
    const { providers, clock } = this.#parts;
    const isUnsure = send.begun - send.attempts > 1;
    if (isUnsure && providers.get(send.provider)?.closes) {
      await this.#end(send, (held) => closeInstead(held, clock.now()));
    } else await this.#settle(send, { state: "spared", why });
  }

  async #note(send: Send, result: PushResult): Promise<void> {
    const { clock, devices, counters } = this.#parts;
    const now = clock.now();
    switch (result.result) {
      case "taken":
        return await this.#settle(send, {
          state: isShow(send) ? "taken" : "closed",
          result: result.result,
        });
      case "refused": {
        log.warn("a push to {provider} was refused: {why}", {
          ...{ provider: send.provider, why: result.why },
        });
        return await this.#settle(send, {
          state: isShow(send) ? "refused" : "taken",
          ...{ why: result.why, result: result.result },
        });
      }
      case "gone": {
        const { why } = result;
        const told = this.#told(send, { state: "gone", why }, now);
        const { isSettled, isRemoved } = await this.#end(
          send,
          (held) => settleGone(held, { why, statements: told.statements }, now),
        );
        if (isSettled) told.stored();
        if (isRemoved) {
          counters.gone.value++;
          await devices.noteRemoved(send);
        }
        return;
      }
      case "later": {
        if (result.isDenied) this.#denials.note(send, result.why);
        const dueAt = nextAttempt(send, now, result.at);
        if (dueAt >= send.expiresAt) {
          return await this.#settle(send, {
            state: isShow(send) ? "failed" : "taken",
            ...{ why: result.why, result: result.result },
          });
        }
        await this.#end(send, (held) => postpone(held, { why: result.why, dueAt }, now));
      }
    }
  }

  async #settle(send: Send, outcome: Parameters<typeof settle>[1]): Promise<void> {
    const now = this.#parts.clock.now();
    const told = this.#told(send, outcome, now);
    const isSettled = await this.#end(
      send,
      (held) => settle(held, { ...outcome, statements: told.statements }, now),
    );
    if (isSettled) told.stored();
  }

  /** What is written of an outcome for those who are told of it. */
  #told(
    send: Send,
    { state, why }: Pick<Parameters<typeof settle>[1], "state" | "why">,
    at: number,
  ): PushTelling {
    const { site, user, id, device, provider } = send;
    const outcome = { site, user, id, device, provider, state, at, ...(why && { why }) };
    const all = isShow(send) ? this.#witnesses.flatMap((each) => each.telling(outcome) ?? []) : [];
    return {
      statements: all.flatMap(({ statements }) => statements),
      stored: () => all.forEach((each) => each.stored()),
    };
  }

  /** Writes down what became of what this node has taken. */
  async #end<Result>(send: Send, work: (held: Send) => Work<Result>): Promise<Result> {
    const held = await this.#underWay.ending(send);
    return await this.#parts.database.transaction(() => work(held));
  }

  /** How many notifications are unread; the same question of several devices is one. */
  #unreadOf(site: string, user: UserId): Promise<number> {
    return this.#unread.read(`${site}\n${user}`, () => this.#parts.inbox.unread(site, user));
  }

  async #untilNext(): Promise<number> {
    const { database, clock } = this.#parts;
    const now = clock.now();
    const [next] = await database.query(NEXT_SEND, now);
    const dueAt = next?.["due_at"] ?? null;
    this.#lagMs = dueAt === null ? 0 : Math.max(0, now - Number(dueAt));
    if (dueAt === null || Number(dueAt) <= now) return LOOK_MS; // what is due goes to who rests
    return Math.min(LOOK_MS, Number(dueAt) - now);
  }

  async #dropOld(): Promise<void> {
    const { database, days, clock } = this.#parts;
    const now = clock.now();
    if (!Number.isFinite(days) || now < this.#droppedAt + DROP_MS) return;
    const before = now - (days + 1) * DAY_MS;
    while (await database.transaction(() => dropSends(before)) > 0);
    this.#droppedAt = now;
  }

  #noteFailure(error: unknown): void {
    const isAway = error instanceof CodedError && error.options.isAway;
    const level = isAway || this.#isFailing ? "debug" : "error";
    this.#isFailing ||= !isAway;
    log[level]("pushes wait: {reason}; trying again", { reason: reasonOf(error) });
  }
}

function isShow({ what }: Send): boolean {
  return what === "show";
}

/** When it is tried again: not before the provider wants it, and later after each failure. */
function nextAttempt({ begun }: Send, now: number, at = 0): number {
  const middle = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(begun - 1, 20));
  const wait = middle * (1 - JITTER + 2 * JITTER * Math.random());
  return Math.round(Math.max(now + wait, at));
}
