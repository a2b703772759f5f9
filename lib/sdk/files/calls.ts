/** Calls the server's HTTP API as the client's user, and reads what it refuses. */
import { httpAddress } from "../core/addresses.ts";
import type { Clock } from "../core/clock.ts";
import { NotifyliError } from "../core/errors.ts";
import { asObject } from "../core/frames.ts";
import { askToken, type TokenSource } from "../core/token.ts";
import { Bucket } from "./bucket.ts";

/** A call that has no answer after so long is made again. */
const DEADLINE_MS = 60_000;

/** The codes of refusals that another token may end. */
const TOKEN_CODES = ["unauthorized", "expired_token", "invalid_token", "revoked_token"];

/** What an answer of a proxy in front of the server means, or one without a body. */
const CODES: ReadonlyMap<number, string> = new Map([
  [401, "unauthorized"],
  [403, "forbidden"],
  [404, "not_found"],
  [405, "not_found"],
  [413, "too_large"],
  [429, "rate_limited"],
]);

export interface CallsHost {
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
  /** Calls the server's bucket. @default fetch */
  readonly fetchBucket?: typeof globalThis.fetch;
  readonly token: TokenSource | undefined;
  /**
   * Gets a pass from the server for calls as the connection's user, who has no token to show. Rejects where there is no
   * connection, or the server is of a version that gives none.
   */
  pass?(): Promise<string>;
  /** Where the server is, and which user the call names, where no token says so. */
  readonly place: { readonly url: string; readonly userId: string | undefined };
}

export interface CallOptions {
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export class Calls {
  readonly bucket: Bucket;
  readonly #host: CallsHost;
  /** The last token that was given, until the server refuses it. */
  #token: Promise<string | undefined> | undefined;
  /** The server knows no call without a pass. */
  #needsPass = false;

  constructor(host: CallsHost) {
    this.#host = host;
    this.bucket = new Bucket(host.fetchBucket ?? host.fetch, host.clock);
  }

  /** Whether a token was refused, and another one may be had. */
  mayAskAgain({ code }: NotifyliError): boolean {
    const isAsked = typeof this.#host.token === "function" || this.#needsPass;
    return isAsked && TOKEN_CODES.includes(code);
  }

  /** The token that is shown next is another one. */
  forgetToken(): void {
    this.#token = undefined;
  }

  /** Resolves with an answer that is none of an error. @param path below `/api/` */
  async call(method: string, path: string, options: CallOptions = {}): Promise<Response> {
    // What can be sent once alone is not sent in vain.
    if (isStream(options.body)) await this.#takePass();
    const asked = this.#token ??= this.#askToken();
    try {
      const response = await this.#fetch(method, path, await asked, options);
      if (response.ok) return response;
      throw await refusalOf(response);
    } catch (error) {
      const { code } = error as NotifyliError;
      const isRefused = code === "no_token" || TOKEN_CODES.includes(code);
      if (isRefused && this.#token === asked) this.#token = undefined;
      const isUnknown = code === "unauthorized" || code === "forbidden";
      if (!isUnknown || isStream(options.body) || !await this.#takePass()) throw error;
      return await this.call(method, path, options);
    }
  }

  /** Calls with a pass from now on. Resolves with whether that is new: there is a connection, and no token. */
  async #takePass(): Promise<boolean> {
    const { token, pass } = this.#host;
    if (this.#needsPass || token !== undefined || pass === undefined) return false;
    const given = pass.call(this.#host);
    this.#needsPass = await given.then(() => true, () => false);
    if (this.#needsPass) this.#token = given;
    return this.#needsPass;
  }

  #askToken(): Promise<string | undefined> {
    const { token, clock, pass } = this.#host;
    if (this.#needsPass && pass !== undefined) return pass.call(this.#host);
    return new Promise((then, reject) => {
      askToken(token, clock, {
        then,
        failed: (reason) => reject(new NotifyliError("no_token", reason)),
      });
    });
  }

  async #fetch(
    method: string,
    path: string,
    token: string | undefined,
    { query = {}, headers, body, signal }: CallOptions,
  ): Promise<Response> {
    const { fetch, clock, place: { url, userId } } = this.#host;
    const address = new URL(httpAddress(url, `api/${path}`));
    address.search = String(new URLSearchParams({ ...query, ...(userId && { user_id: userId }) }));
    const isLong = isStream(body);
    const abort = new AbortController();
    const stop = () => abort.abort();
    const cancelDeadline = isLong ? () => {} : clock.after(DEADLINE_MS, stop);
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
    try {
      const response = await fetch(address, {
        method,
        headers: token === undefined
          ? { ...headers }
          : { ...headers, authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { body }),
        ...(isLong ? { duplex: "half" } : {}),
        cache: "no-store",
        signal: abort.signal,
      });
      // All of it is read here, since the signal ends it, too.
      const text = response.status === 204 ? null : await response.arrayBuffer();
      return new Response(text, response);
    } catch (cause) {
      throw new NotifyliError("unavailable", `Cannot reach ${address.host}: ${cause}`, { cause });
    } finally {
      cancelDeadline();
      signal?.removeEventListener("abort", stop);
    }
  }
}

function isStream(body: CallOptions["body"]): boolean {
  return body !== undefined && "getReader" in body;
}

/** The error that an answer says. */
async function refusalOf(response: Response): Promise<NotifyliError> {
  const { status, headers } = response;
  const { code, message, field, retry_after_ms } = asObject(await response.json().catch(() => {}));
  const seconds = Number(headers.get("retry-after") ?? NaN);
  const retryAfterMs = typeof retry_after_ms === "number" ? retry_after_ms : seconds * 1000;
  const options = {
    ...(typeof field === "string" ? { field } : {}),
    ...(retryAfterMs >= 0 ? { retryAfterMs } : {}),
  };
  if (typeof code === "string") return new NotifyliError(code, String(message), options);
  const said = CODES.get(status) ?? (status >= 500 ? "unavailable" : "invalid_reply");
  // What a proxy says of itself has none of the server's words in it.
  return new ForeignRefusal(
    said,
    `The server, or a proxy in front of it, answers ${status}`,
    options,
  );
}

/** A refusal that the server itself has not made. */
export class ForeignRefusal extends NotifyliError {}
