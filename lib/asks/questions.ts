/**
 * The service of questions: asks whoever answers before something happens, and takes no answer for a no. Equal questions
 * are asked once, answers are kept for as long as they say, and the number under way is bounded. `answers.ts` reads the
 * answers.
 */
import { createHash } from "node:crypto";
import { logFor } from "../base/log.ts";
import { CodedError } from "../base/errors.ts";
import { type Fields, type UserId, userIdOnWire } from "../base/fields.ts";
import { reasonOf } from "../base/reason.ts";
import type { Said } from "../base/said_fields.ts";
import type { Limits } from "../base/sizes.ts";
import type { Identity } from "../core/identity.ts";
import type { Metric } from "../core/metrics.ts";
import { AnswerCache } from "./answer_cache.ts";
import {
  type Answer,
  type ReadAnswer,
  readSaid,
  readTold,
  readWho,
  readYesOrNo,
} from "./answers.ts";
import { ActiveAskers } from "./active_askers.ts";
import type { Asker, EventQuestion, FileQuestion, Kind, Question, SayQuestion } from "./asker.ts";
import { type HandshakeNames, shownAtHandshake } from "./handshake_fields.ts";
import { askMetrics } from "./metrics.ts";
import { Places } from "./places.ts";

/** There are so many ways in which an application can answer wrongly, and each should be seen. */
const log = logFor("asks", { most: 30 });

/** When whoever got no answer may try again. */
const RETRY_MS = 1000;

/** Who wants something. */
export interface Asking {
  readonly site: string;
  readonly user: UserId;
  readonly name: string | undefined;
  /** Whether nobody has proved who this is. */
  readonly isGuest: boolean;
}

/** Where something is said: one of the three. */
export interface Addressed {
  readonly room?: string;
  /** A conversation's id. */
  readonly conversation?: number;
  /** The other user of a private conversation. */
  readonly to?: UserId;
}

/** A file that is asked about. */
type AskedFile = FileQuestion["file"] & {
  readonly site: string;
  /** Absent where an application has uploaded it. */
  readonly owner: UserId | undefined;
};

/** What a client has shown to say who it is. */
export interface ShownCredentials {
  readonly credentials?: Fields;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: Readonly<Record<string, string>>;
}

export interface QuestionsConfig {
  /** How long an answer may take, with the wait for a place. */
  readonly seconds: number;
  /** What no answer means where somebody wants to enter or to say something. For who somebody is, it is always no. */
  readonly onFailure: "closed" | "open";
  /** Most questions under way; `Infinity` for no limit. */
  readonly most: number;
}

export class Questions {
  readonly #config: QuestionsConfig;
  readonly #limits: Limits;
  readonly #askers = new ActiveAskers();
  readonly #cache = new AnswerCache<unknown>();
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #places: Places;
  readonly #metrics = askMetrics(() => this.#places.taken);

  constructor(config: QuestionsConfig, limits: Limits) {
    this.#config = config;
    this.#limits = limits;
    this.#places = new Places(config.most);
  }

  /**
   * From now on the asker is asked what it has functions for, in place of who was asked that before. One that says who
   * clients are belongs to the start of the server, since that decides whether the server is open.
   */
  use(asker: Asker): void {
    this.#askers.add(asker);
  }

  get metrics(): readonly Metric[] {
    return Object.values(this.#metrics);
  }

  /** Whether somebody is asked who clients are: then the server is not open. */
  get asksWho(): boolean {
    return this.#askers.asksWho;
  }

  /** Whether somebody is asked of a room: of each entrance, message or event. It runs for every message. */
  asksOfRoom(kind: "enter" | "say" | "event", room: string): boolean {
    return this.#askers.asksOfRoom(kind, room);
  }

  /** Whether somebody is asked of a topic, for each subscription. */
  asksOfTopic(topic: string): boolean {
    return this.#askers.asksOfTopic(topic);
  }

  /** Whether somebody is asked such questions at all. */
  asks(kind: "enter" | "say" | "event" | "file"): boolean {
    return this.#askers.asks(kind);
  }

  /** What a handshake shows of what the asker wants to see; `undefined` where it shows nothing of that. */
  shownAt(request: Request): ShownCredentials | undefined {
    const names: HandshakeNames | undefined = this.#askers.handshake;
    return names && shownAtHandshake(request, names);
  }

  /**
   * Asks who shows something. Rejects with `forbidden`, or with `unavailable` where nobody answers.
   *
   * @param isGood whether an answer that was kept still counts
   */
  async who(
    shown: ShownCredentials,
    address: string | undefined,
    isGood: (identity: Identity) => boolean,
  ): Promise<Identity> {
    const question = { type: "connect", ...shown, address } as const;
    const issuedAt = Date.now(); // whoever is revoked while the question is under way is out
    const readKnown = readWho(question);
    const read: ReadAnswer<Identity> = (answer, limits) => {
      const known = readKnown(answer, limits);
      return known.allow ? { ...known, value: { ...known.value, issuedAt } } : known;
    };
    const answer = await this.#ask(question, read, isGood);
    if (answer === undefined) throw unanswered(); // also where failures are open: nobody knows who this is
    if (answer.allow) return answer.value;
    throw refused(answer.reason ?? "The application does not know these credentials");
  }

  /**
   * Asks whether somebody may come in. Resolves with whether that was a yes: it was none where nobody answers, and failures are
   * open. Rejects with `forbidden`, or with `unavailable` where nobody answers.
   */
  async enter(
    asking: Asking,
    place: { readonly room: string } | { readonly topic: string; readonly filter?: Fields },
  ): Promise<boolean> {
    const question = { type: "enter", ...onWire(asking), ...place } as const;
    const given = await this.#ask(question, readYesOrNo);
    const answer = given ?? this.#withoutAnswer<void>();
    if (answer.allow) return given !== undefined;
    const [field, name] = "room" in place ? ["room", place.room] : ["topic", place.topic];
    const what = `Cannot use ${field} ${JSON.stringify(name)}: the application says no`;
    throw refused(answer.reason ?? what, field);
  }

  /** Asks whether somebody may say something. Resolves with other words, if the application wants others said. */
  async say(asking: Asking, said: Said & Addressed): Promise<Said | undefined> {
    const { room, conversation, message, data } = said;
    const to = said.to === undefined ? undefined : userIdOnWire(said.to);
    const place = { room, conversation, to };
    const question = { type: "say", ...onWire(asking), ...place, message, data } as const;
    return await this.#speech(question, readSaid({ message, data }));
  }

  /** As {@linkcode Questions.say}, for an event: the application may want other `data` told. */
  async event(
    asking: Asking,
    { room, event, data }: {
      readonly room: string;
      readonly event: string;
      readonly data?: unknown;
    },
  ): Promise<{ readonly data?: unknown } | undefined> {
    const question = { type: "event", ...onWire(asking), room, event, data } as const;
    return await this.#speech(question, readTold);
  }

  /** Asks whether a file is taken. Rejects with `file_refused`, or with `unavailable` where nobody answers. */
  async file(
    { site, owner, ...file }: AskedFile,
    url: string,
  ): Promise<void> {
    const user_id = owner === undefined ? undefined : userIdOnWire(owner);
    const { id, name, type, bytes, sha256 } = file;
    const answer = await this.#ask({
      ...{ type: "file", site, ...(user_id !== undefined && { user_id }) },
      ...{ file: { id, name, type, bytes, sha256 }, url },
    }, readYesOrNo) ?? this.#withoutAnswer<void>();
    if (answer.allow) return;
    throw new CodedError(
      "file_refused",
      answer.reason ?? "The application does not take this file",
    );
  }

  async #speech<Words extends Said>(
    question: SayQuestion | EventQuestion,
    read: ReadAnswer<Words | undefined>,
  ): Promise<Words | undefined> {
    const answer = await this.#ask(question, read) ?? this.#withoutAnswer<undefined>();
    if (answer.allow) return answer.value;
    throw refused(answer.reason ?? "The application does not allow this");
  }

  /** What no answer means. Throws where it is no. */
  #withoutAnswer<Value extends void>(): Answer<Value> {
    if (this.#config.onFailure === "closed") throw unanswered();
    return { allow: true, value: undefined as Value, cacheSeconds: 0 };
  }

  /** Resolves with the answer; `undefined` where there was none. Rejects where too much is under way. */
  async #ask<Value>(
    question: Question,
    read: ReadAnswer<Value>,
    isGood: (value: Value) => boolean = () => true,
  ): Promise<Answer<Value> | undefined> {
    const key = createHash("sha256").update(JSON.stringify(question)).digest("base64");
    // The casts hold: the kind of question is a part of the key, and each kind is read in one way.
    const kept = this.#cache.get(key) as Answer<Value> | undefined;
    if (kept !== undefined && (!kept.allow || isGood(kept.value))) {
      this.#metrics.cached.value++;
      return this.#counted(kept);
    }
    let running = this.#running.get(key) as Promise<Answer<Value> | undefined> | undefined;
    if (running === undefined) {
      running = this.#askNow(question, read).finally(() => this.#running.delete(key));
      this.#running.set(key, running);
    } else this.#metrics.cached.value++;
    const answer = await running;
    if (answer === undefined) return undefined;
    if (answer.cacheSeconds > 0) this.#cache.set(key, answer, answer.cacheSeconds);
    return this.#counted(answer);
  }

  #counted<Value>(answer: Answer<Value>): Answer<Value> {
    if (!answer.allow) this.#metrics.refused.value++;
    return answer;
  }

  async #askNow<Value>(
    question: Question,
    read: ReadAnswer<Value>,
  ): Promise<Answer<Value> | undefined> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), this.#config.seconds * 1000);
    try {
      if (!await this.#places.take(late.signal)) {
        this.#fail(question.type, "too many questions are under way");
        throw unanswered();
      }
      return await this.#askInPlace(question, read, late.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  async #askInPlace<Value>(
    question: Question,
    read: ReadAnswer<Value>,
    signal: AbortSignal,
  ): Promise<Answer<Value> | undefined> {
    const startedAt = performance.now();
    this.#metrics.asked.value++;
    try {
      const answer = await unlessAborted(this.#askers.ask(question, signal), signal);
      return read(answer, this.#limits);
    } catch (error) {
      const isLate = signal.aborted;
      this.#fail(question.type, isLate ? `none within ${this.#config.seconds} s` : reasonOf(error));
      return undefined;
    } finally {
      this.#metrics.ms.value += Math.round(performance.now() - startedAt);
      this.#places.giveBack();
    }
  }

  /** What the application said is in the reason, but no more of it than a value that is wrong. */
  #fail(what: Kind, reason: string): void {
    this.#metrics.failed.value++;
    const kind = `the question ${what} got no answer`;
    log.warn("the question {what} got no answer: {reason}", { what, reason }, { kind });
  }
}

/** Settles as the promise does, or rejects when the signal aborts: a function may wait for ever. */
function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function onWire({ site, user, name, isGuest }: Asking) {
  const guest = isGuest ? { guest: true as const } : {};
  return { site, user_id: userIdOnWire(user), name, ...guest };
}

function refused(reason: string, field?: string): CodedError {
  return new CodedError("forbidden", reason, { field });
}

function unanswered(): CodedError {
  return new CodedError(
    "unavailable",
    "The application that is asked cannot answer right now: try again",
    { retryAfterMs: RETRY_MS, isAway: true },
  );
}
