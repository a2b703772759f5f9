/**
 * A client for the HTTP API, for TypeScript and JavaScript programs wherever there is `fetch`: each call is a method that has
 * the call's name in the description of the API, and its types.
 *
 * @example
 * ```ts ignore
 * import { ApiError, NotifyliApi } from "@notifyli/notifyli/api";
 *
 * const api = new NotifyliApi({ url: "https://notify.shop.example", key: "nk_…" });
 * await api.sendNotification({ body: { user_id: 42, message: "Your order has shipped" } });
 * try {
 *   await api.getNotification({ path: { id: "order-8812" } });
 * } catch (error) {
 *   if (!(error instanceof ApiError && error.code === "not_found")) throw error;
 * }
 * ```
 */
import { ApiError } from "./api_error.ts";
import { CALLS, type Calls } from "./calls.ts";

export * from "./calls.ts";
export { ApiError };

/** How long a call may take by default. */
const TIMEOUT_MS = 30_000;

export interface ApiOptions {
  /** Where the server is, with its base path if it has one. */
  readonly url: string | URL;
  /** An API key. */
  readonly key?: string;
  /** A user's connection token in place of a key, or what gives one for each call. */
  readonly token?: string | (() => string | Promise<string>);
  /** How long a call may take, in milliseconds; `Infinity` for as long as it takes. @default 30,000 */
  readonly timeoutMs?: number;
  /** @default the global `fetch` */
  readonly fetch?: typeof fetch;
}

/** What a single call has beside what is sent. */
export interface CallOptions {
  /** Ends the call. */
  readonly signal?: AbortSignal;
}

/** The methods, by the names of the calls. */
export type ApiMethods = {
  readonly [Name in keyof Calls]: undefined extends Calls[Name]["request"]
    ? (request?: undefined, options?: CallOptions) => Promise<Calls[Name]["answer"]>
    : Record<never, never> extends Calls[Name]["request"]
      ? (request?: Calls[Name]["request"], options?: CallOptions) => Promise<Calls[Name]["answer"]>
    : (request: Calls[Name]["request"], options?: CallOptions) => Promise<Calls[Name]["answer"]>;
};

/** What a call takes, whichever it is. */
interface AnyRequest {
  readonly path?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** Each method makes a call, and rejects with an {@linkcode ApiError}. */
export interface NotifyliApi extends ApiMethods {}

export class NotifyliApi {
  readonly #options: ApiOptions;

  constructor(options: ApiOptions) {
    this.#options = options;
    const methods = Object.keys(CALLS).map((name) => {
      const value = (request?: AnyRequest, given?: CallOptions) =>
        this.#call(name as keyof Calls, request, given);
      return [name, { value, enumerable: true }] as const;
    });
    Object.defineProperties(this, Object.fromEntries(methods));
  }

  async #call(
    name: keyof Calls,
    { path = {}, query = {}, headers = {}, body }: AnyRequest = {},
    { signal }: CallOptions = {},
  ): Promise<unknown> {
    const [method, template, kind] = CALLS[name];
    const url = this.#urlOf(template, path, query);
    const isJson = body !== undefined && isPlain(body);
    const proof = await this.#proof();
    const ending = this.#signal(signal);
    const init: RequestInit = {
      method,
      headers: {
        ...proof,
        ...(isJson && { "content-type": "application/json" }),
        ...texts(headers),
      },
      body: isJson ? JSON.stringify(body) : body as BodyInit | undefined,
      signal: ending,
    };
    const response = await reached(url, ending, () => (this.#options.fetch ?? fetch)(url, init));
    if (response.ok && kind === "response") return response;
    const text = await reached(url, ending, () => response.text());
    if (!response.ok) throw errorOf(response, text);
    return text === "" ? undefined : jsonIn(text, response);
  }

  #urlOf(template: string, path: AnyRequest["path"], query: NonNullable<AnyRequest["query"]>): URL {
    const base = String(this.#options.url).replace(/\/+$/, "");
    const filled = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      return encodeURIComponent(String(path?.[name]));
    });
    const url = new URL(base + filled);
    for (const [name, value] of Object.entries(texts(query))) url.searchParams.set(name, value);
    return url;
  }

  async #proof(): Promise<Record<string, string>> {
    const { key, token } = this.#options;
    const shown = key ?? (typeof token === "function" ? await token() : token);
    return shown === undefined ? {} : { authorization: `Bearer ${shown}` };
  }

  #signal(given: AbortSignal | undefined): AbortSignal | null {
    const { timeoutMs = TIMEOUT_MS } = this.#options;
    const signals = [
      ...(given === undefined ? [] : [given]),
      ...(Number.isFinite(timeoutMs) ? [AbortSignal.timeout(timeoutMs)] : []),
    ];
    return signals.length === 0 ? null : AbortSignal.any(signals);
  }
}

/** Does a part of a call. Rejects with what ended the call, where the caller did, and else with `unreachable`. */
async function reached<T>(
  { origin }: URL,
  signal: AbortSignal | null,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (signal?.aborted && signal.reason?.name !== "TimeoutError") throw signal.reason;
    const message = `Cannot reach ${origin}: ${cause instanceof Error ? cause.message : cause}`;
    throw new ApiError("unreachable", message, { status: 0, cause });
  }
}

/** What is sent as JSON: not bytes, forms and texts. */
function isPlain(body: unknown): boolean {
  if (typeof body !== "object" || body === null) return false;
  const prototype = Object.getPrototypeOf(body);
  return prototype === Object.prototype || prototype === null;
}

function texts(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, String(value)]),
  );
}

function errorOf({ status }: Response, text: string): ApiError {
  const told = objectIn(text);
  const { code, message, field, id, retry_after_ms: retryAfterMs } = told ?? {};
  if (typeof code !== "string" || typeof message !== "string") {
    return new ApiError("unexpected", `The answer has the status ${status}`, {
      status,
      cause: text,
    });
  }
  return new ApiError(code as ApiError["code"], message, {
    status,
    ...(typeof field === "string" && { field }),
    ...(typeof id === "string" && { id }),
    ...(typeof retryAfterMs === "number" && { retryAfterMs }),
  });
}

function jsonIn(text: string, { status }: Response): unknown {
  const json = objectIn(text);
  if (json !== undefined) return json;
  throw new ApiError("unexpected", "The answer is no JSON", { status, cause: text });
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? Object(value) : undefined;
  } catch {
    return undefined;
  }
}
