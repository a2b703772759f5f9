/**
 * Makes requests to an S3-compatible store, each again for as long as it is worth it. The operator has named its address, so
 * it may lie in a private network. Bodies are whole and hashed: some stores take none of unknown length.
 */
import { pause } from "../../base/clock.ts";
import { AwsClient } from "aws4fetch";
import type { S3Config } from "../settings.ts";
import { AppendFailure } from "./file_store.ts";
import { refused, S3Failure, unavailable, unreachable } from "./s3_failure.ts";
import { textOf } from "./s3_xml.ts";

/** With the pauses between them, some seconds; who waits for an upload or a download waits so long. */
const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 100;
/** For all of a request and its answer: 8 MiB over a slow line, or what a store does before it answers that it has joined parts. */
const ANSWER_MS = 300_000;
/** Without a further byte of a download. */
const SILENCE_MS = 60_000;

export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** "" for the bucket itself. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
}

export interface S3Answer {
  readonly headers: Headers;
  readonly xml: string;
}

export class S3Client implements Disposable {
  readonly #config: S3Config;
  readonly #aws: AwsClient;
  readonly #http = Deno.createHttpClient({});
  readonly #closing = new AbortController();
  #trouble: string | undefined;

  constructor(config: S3Config) {
    this.#config = config;
    const { key: accessKeyId, secret: secretAccessKey, region } = config;
    this.#aws = new AwsClient({ accessKeyId, secretAccessKey, region, service: "s3" });
  }

  /** Why the last request failed, where that was no fault of the request. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /**
   * Resolves with the answer; rejects with an {@linkcode S3Failure}.
   *
   * @param sure is asked before each attempt, and rejects with an {@linkcode AppendFailure} where no more may be made
   */
  async send(request: S3Request, sure?: () => Promise<void>): Promise<S3Answer> {
    return await this.#again(async () => {
      await sure?.();
      const signal = this.#limit(AbortSignal.timeout(ANSWER_MS));
      const response = await this.#fetch(request, signal);
      const xml = await response.text();
      // Copies and joined parts: the answer begins before it is known how it ends.
      const isRefused = !response.ok || textOf(xml, "Code") !== "" && xml.includes("<Error>");
      if (isRefused) throw refused(this.#config, failed(response), xml);
      return { headers: response.headers, xml };
    });
  }

  /**
   * The bytes of an object, from `start` to before `end`. `undefined`: there is no such object. Where a connection breaks off, it
   * goes on by another one, and nobody who reads notices.
   */
  async open(
    key: string,
    start: number,
    end: number,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | undefined> {
    let body: Body;
    try {
      body = await this.#again(() => this.#body(key, start, end));
    } catch (error) {
      if (error instanceof S3Failure && error.isMissing) return undefined;
      throw error;
    }
    let at = start;
    let left = ATTEMPTS;
    const next = async (): Promise<Uint8Array<ArrayBuffer> | undefined> => {
      for (;; left--) {
        try {
          const { value, done } = await body.within(body.reader.read());
          if (value !== undefined) at += value.length;
          if (!done || at >= body.end) return value;
          throw new Error(`it ended after ${at} of ${body.end} bytes`);
        } catch (error) {
          body.close();
          if (left <= 1 || this.#closing.signal.aborted) {
            throw this.#noted(unreachable(this.#config, error));
          }
          body = await this.#again(() => this.#body(key, at, end));
        }
      }
    };
    return new ReadableStream<Uint8Array<ArrayBuffer>>({
      async pull(controller) {
        try {
          const piece = await next();
          if (piece === undefined) return controller.close();
          left = ATTEMPTS;
          controller.enqueue(piece);
        } catch (error) {
          throw unavailable(error);
        }
      },
      cancel: () => body.close(),
    }, { highWaterMark: 0 });
  }

  async #body(key: string, start: number, end: number): Promise<Body> {
    const silence = new AbortController();
    const within = async <T>(promise: Promise<T>): Promise<T> => {
      const timer = setTimeout(() => silence.abort(new Error("nothing came")), SILENCE_MS);
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
      }
    };
    const isWhole = start === 0 && end === Infinity;
    const range = `bytes=${start}-${end === Infinity ? "" : end - 1}`;
    const signal = this.#limit(silence.signal);
    const headers = isWhole ? undefined : { range };
    const response = await within(this.#fetch({ method: "GET", key, headers }, signal));
    const bodyOf = (stream: ReadableStream<Uint8Array<ArrayBuffer>>, end: number): Body => {
      const reader = stream.getReader();
      const close = () => {
        reader.cancel().catch(() => {}); // it has failed before
        silence.abort(new Error("nobody reads on"));
      };
      return { reader, end, within, close };
    };
    if (response.status === 416) {
      await response.body?.cancel();
      return bodyOf(new Blob().stream(), start);
    }
    if (!response.ok) throw refused(this.#config, response, await within(response.text()));
    const from = response.status === 206 ? start : 0;
    const length = Number(response.headers.get("content-length") ?? NaN);
    const last = Number.isNaN(length) ? end : Math.min(end, from + length);
    const stream = response.body ?? new Blob().stream();
    if (from === start && from + length === last) return bodyOf(stream, last);
    return bodyOf(stream.pipeThrough(cut(start - from, last - start)), Math.max(start, last));
  }

  /** A link with which somebody else makes the request. */
  async link(
    { method, key, query = {}, headers = {} }: S3Request,
    seconds: number,
  ): Promise<string> {
    const expires = { "X-Amz-Expires": `${Math.min(Math.ceil(seconds), 7 * 24 * 3600)}` };
    const url = this.#url(key, { ...query, ...expires });
    const aws = { signQuery: true, allHeaders: true };
    const signed = new URL((await this.#aws.sign(url, { method, headers, aws })).url);
    // Not all stores read a plus as the space that it was signed as.
    signed.search = signed.search.replaceAll("+", "%20");
    return signed.href;
  }

  /** @param closing all requests end with it */
  #limit(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#closing.signal]);
  }

  async #fetch(request: S3Request, signal: AbortSignal): Promise<Response> {
    const { method, key, query = {}, body } = request;
    const headers: Record<string, string> = { ...request.headers };
    headers["x-amz-content-sha256"] = await sha256(body);
    try {
      const signed = await this.#aws.sign(this.#url(key, query), { method, headers, body });
      return await fetch(signed, { client: this.#http, redirect: "manual", signal });
    } catch (error) {
      throw unreachable(this.#config, error);
    }
  }

  #url(key: string, query: Readonly<Record<string, string>>): string {
    const path = [this.#config.bucket, ...(key === "" ? [] : key.split("/"))];
    const url = new URL(`${this.#config.endpoint}/${path.map(encodeURIComponent).join("/")}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url.href;
  }

  async #again<T>(attempt: () => Promise<T>): Promise<T> {
    for (let count = 1;; count++) {
      try {
        const result = await attempt();
        this.#trouble = undefined;
        return result;
      } catch (error) {
        if (error instanceof AppendFailure) throw error;
        const failure = error instanceof S3Failure ? error : unreachable(this.#config, error);
        const isLast = count === ATTEMPTS || this.#closing.signal.aborted;
        if (isLast || !failure.isTemporary) throw this.#noted(failure);
        await pause(Math.random() * FIRST_PAUSE_MS * 2 ** count);
      }
    }
  }

  #noted(failure: S3Failure): S3Failure {
    const { isMissing, isFull, isUnknown, status } = failure;
    const isOfRequest = isMissing || isFull || isUnknown || status === 412 || status === 416 ||
      status === 400 && failure.code !== MALFORMED;
    this.#trouble = isOfRequest ? undefined : failure.message;
    return failure;
  }

  [Symbol.dispose](): void {
    this.#closing.abort(new Error("the server stops"));
    this.#http.close();
  }
}

/** Which says that the region is wrong. */
const MALFORMED = "AuthorizationHeaderMalformed";

interface Body {
  readonly reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  /** The place in the object at which it ends. */
  readonly end: number;
  /** Rejects what it waits for where nothing comes for too long. */
  within<T>(promise: Promise<T>): Promise<T>;
  close(): void;
}

/** An answer that says 200 and has a failure in it failed on the side of the store. */
function failed(response: Response): Response {
  return response.ok ? new Response(null, { status: 500, headers: response.headers }) : response;
}

/** Passes on `length` bytes behind the first `skipped`: some stores give more than they are asked for. */
function cut(
  skipped: number,
  length: number,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let [before, left] = [skipped, length];
  return new TransformStream({
    transform(chunk, controller) {
      const piece = chunk.subarray(before, before + left);
      before = Math.max(0, before - chunk.length);
      left -= piece.length;
      if (piece.length > 0) controller.enqueue(piece);
      if (left <= 0) controller.terminate();
    },
  });
}

const NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

async function sha256(body: Uint8Array<ArrayBuffer> | undefined): Promise<string> {
  if (body === undefined) return NOTHING;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", body)).toHex();
}
