/** Carries what nodes ask each other over Redis' PUB/SUB: a channel that all hear, and one of each node. */
import { logFor } from "../../base/log.ts";
import type { Redis } from "ioredis";
import { CodedError } from "../../base/errors.ts";
import type { Fields } from "../../base/fields.ts";
import { reasonOf } from "../../base/reason.ts";
import { throwUnavailable } from "../../engines/redis/errors.ts";
import type { RedisStorage } from "../../engines/storage.ts";
import { ANSWER_MS, type Answers, Peers, type WrittenError, writtenError } from "./peers.ts";

const log = logFor("admin");

/** Most questions of this node that wait for answers. */
const MOST_WAITING = 1000;

interface Letter {
  readonly from: string;
  /** What is asked or told; absent in an answer. */
  readonly what?: string;
  readonly fields?: Fields;
  /** Names the question; absent where no answer is expected. */
  readonly ask?: number;
  readonly answer?: unknown;
  readonly error?: WrittenError;
}

interface Waiting {
  readonly answers: Map<string, unknown>;
  readonly missing: Set<string>;
  error: CodedError | undefined;
  done(): void;
}

export class RedisPeers extends Peers {
  readonly #redis: Redis;
  /** The channel that all nodes hear. A node's own one ends with its id. */
  readonly #channel: string;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;

  constructor(storage: RedisStorage) {
    super();
    const { redis, subscriber, keys: { prefix } } = storage;
    this.#redis = redis;
    this.#channel = `${prefix}node-calls`;
    const own = this.#channelOf(this.id);
    subscriber.on("message", (channel: string, text: string) => {
      if (channel === own || channel === this.#channel) this.#hear(text);
    });
    storage.beforeRestored(async () => void await subscriber.subscribe(this.#channel, own));
  }

  override async ask<Answer>(
    what: string,
    fields: Fields,
    nodes: readonly string[],
  ): Promise<Answers<Answer>> {
    const others = nodes.filter((node) => node !== this.id);
    const [own, waiting] = await Promise.all([
      others.length < nodes.length ? this.run(what, fields, this.id) : undefined,
      this.#askOthers(what, fields, others),
    ]);
    if (waiting.error !== undefined) throw waiting.error;
    if (others.length < nodes.length) waiting.answers.set(this.id, own);
    return { answers: waiting.answers as Map<string, Answer>, missing: [...waiting.missing] };
  }

  override tell(what: string, fields: Fields, node: string): void {
    if (node === this.id) return this.runTold(what, fields, this.id);
    this.#send(this.#channelOf(node), { from: this.id, what, fields }).catch(noteUnsent);
  }

  override tellAll(what: string, fields: Fields): void {
    this.runTold(what, fields, this.id);
    this.#send(this.#channel, { from: this.id, what, fields }).catch(noteUnsent);
  }

  #channelOf(node: string): string {
    return `${this.#channel}:${node}`;
  }

  async #askOthers(what: string, fields: Fields, nodes: readonly string[]): Promise<Waiting> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting: Waiting = {
      answers: new Map(),
      missing: new Set(nodes),
      error: undefined,
      done: resolve,
    };
    if (nodes.length === 0) return waiting;
    if (this.#waiting.size >= MOST_WAITING) {
      throw new CodedError("unavailable", "Too many questions wait for the answers of other nodes");
    }
    const ask = ++this.#asked;
    this.#waiting.set(ask, waiting);
    const timer = setTimeout(resolve, ANSWER_MS);
    try {
      await Promise.all(
        nodes.map((node) =>
          this.#send(this.#channelOf(node), { from: this.id, what, fields, ask })
        ),
      );
      await promise;
      return waiting;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(ask);
    }
  }

  #hear(text: string): void {
    const letter = letterIn(text);
    if (letter === undefined) return; // another program publishes here
    const { from, what, fields = {}, ask } = letter;
    if (what === undefined) return this.#takeAnswer(letter);
    if (ask !== undefined) void this.#answer(what, fields, from, ask);
    else if (from !== this.id) this.runTold(what, fields, from);
  }

  async #answer(what: string, fields: Fields, from: string, ask: number): Promise<void> {
    const letter: Letter = await this.run(what, fields, from).then(
      (answer) => ({ from: this.id, ask, answer }),
      (error) => ({ from: this.id, ask, error: writtenError(error) }),
    );
    await this.#send(this.#channelOf(from), letter).catch(noteUnsent);
  }

  #takeAnswer({ from, ask = 0, answer, error }: Letter): void {
    const waiting = this.#waiting.get(ask);
    if (waiting === undefined || !waiting.missing.delete(from)) return;
    if (error === undefined) waiting.answers.set(from, answer);
    else waiting.error = new CodedError(error.code, error.message);
    if (waiting.missing.size === 0) waiting.done();
  }

  async #send(channel: string, letter: Letter): Promise<void> {
    await this.#redis.publish(channel, JSON.stringify(letter)).catch(throwUnavailable);
  }
}

function letterIn(text: string): Letter | undefined {
  try {
    const letter: unknown = JSON.parse(text);
    return typeof letter === "object" && letter !== null ? letter as Letter : undefined;
  } catch {
    return undefined;
  }
}

function noteUnsent(error: unknown): void {
  log.debug("another node was not told: {reason}", { reason: reasonOf(error) });
}
