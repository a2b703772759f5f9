/** A user who calls the HTTP API of nodes that are killed: each call is made again, at any node, until it is answered. */
import { connectionToken, nowSeconds } from "../support/tokens.ts";
import type { Json } from "../support/chat.ts";
import type { Random } from "./random.ts";
import { passed } from "./time.ts";

/** Codes of what is tried again. */
const MAY_PASS: readonly unknown[] = [
  ...["unavailable", "unconfirmed", "offset_mismatch", "rate_limited", "too_many_uploads"],
];
const PATIENCE_SECONDS = 60;
const RETRY_SECONDS = 0.05;
/** Nothing passes later than this. */
const MOST_SECONDS = 120;

type Bytes = Uint8Array<ArrayBuffer>;

export interface FileAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Json;
}

export interface FileCall {
  readonly method: string;
  /** With `/api` where it is one of the API's. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  body?(): BodyInit;
  readonly signal?: AbortSignal;
}

export interface FileCallerOptions {
  /** Of the nodes. */
  readonly ports: readonly number[];
  readonly random: Random;
  /** Seconds after which a call that is not answered is given up. @default 60, which a server needs for nothing */
  readonly patience?: number | undefined;
  /** Aborts where nothing is to be tried again any more. */
  readonly hopeless: AbortSignal;
}

export class FileCaller {
  readonly user: string;
  readonly #bearer: string;
  readonly #options: FileCallerOptions;

  private constructor(user: string, bearer: string, options: FileCallerOptions) {
    this.user = user;
    this.#bearer = bearer;
    this.#options = options;
  }

  static async of(user: string, options: FileCallerOptions): Promise<FileCaller> {
    const bearer = await connectionToken({ sub: user, exp: nowSeconds() + 86_400 });
    return new FileCaller(user, bearer, options);
  }

  /** Resolves with the answer of any node; `undefined` where none came whole. */
  async try({ method, path, headers, body, signal }: FileCall): Promise<FileAnswer | undefined> {
    try {
      const response = await fetch(this.#url(path), {
        ...{ method, headers: { authorization: `Bearer ${this.#bearer}`, ...headers } },
        ...(body && { body: body() }),
        ...this.#limit(signal),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        json: text.startsWith("{") ? JSON.parse(text) : {},
      };
    } catch {
      return undefined; // the node is down, or was killed before it answered, or the call was broken off
    }
  }

  /** Calls until one of these statuses is answered. Rejects where the answer is another one that will not pass. */
  async until(statuses: readonly number[], call: FileCall): Promise<FileAnswer> {
    for (const endsAt = performance.now() + MOST_SECONDS * 1000;;) {
      const answer = await this.try(call);
      if (answer !== undefined && statuses.includes(answer.status)) return answer;
      const isOver = performance.now() > endsAt;
      if (isOver || answer !== undefined && !MAY_PASS.includes(answer.json["code"])) {
        const said = answer && `${answer.status} ${JSON.stringify(answer.json)}`;
        throw new Error(`${this.user}: ${call.method} ${call.path}: ${said}`);
      }
      await this.#rest();
    }
  }

  /** The bytes at a path, once they come whole. Rejects where they do not come. */
  async bytes(path: string): Promise<Bytes> {
    for (const endsAt = performance.now() + MOST_SECONDS * 1000;;) {
      const { status, bytes, why } = await this.#ask(path);
      if (bytes !== undefined && status === 200) return bytes;
      if (performance.now() > endsAt || status !== undefined && status < 500) {
        throw new Error(`${this.user}: ${path}: ${why}`);
      }
      await this.#rest();
    }
  }

  /** What one node answers; no status where it did not, or not wholly. */
  async #ask(path: string): Promise<{ status?: number; bytes?: Bytes; why: string }> {
    try {
      const response = await fetch(this.#url(path), {
        headers: { authorization: `Bearer ${this.#bearer}` },
        ...this.#limit(),
      });
      const bytes = new Uint8Array(await response.arrayBuffer());
      return { status: response.status, bytes, why: String(response.status) };
    } catch (error) {
      return { why: String(error) };
    }
  }

  #limit(signal?: AbortSignal): { signal: AbortSignal } {
    const { patience = PATIENCE_SECONDS } = this.#options;
    const late = AbortSignal.timeout(patience * 1000);
    return { signal: signal === undefined ? late : AbortSignal.any([signal, late]) };
  }

  #url(path: string): string {
    const { random, ports } = this.#options;
    return `http://127.0.0.1:${random.pick(ports)}${path}`;
  }

  async #rest(): Promise<void> {
    this.#options.hopeless.throwIfAborted();
    await passed(RETRY_SECONDS);
  }
}
