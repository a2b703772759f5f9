/**
 * What a capability puts into the HTTP API: routes as data, each with the scope that its caller needs. A route without a
 * scope does not compile, so no route is open to whoever calls. Next: `api.ts`, which mounts them.
 */
import type { Scope } from "../base/scope.ts";
import type { Call } from "./call.ts";
import type { About } from "./openapi/about.ts";

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** The path below `/api`, such as `/rooms/:room/connections`. */
  readonly path: `/${string}`;
  /** What a caller has to be allowed; others are refused before the route runs. */
  readonly scope: Scope;
  /**
   * Whether users may call it, too, with their connection tokens: the route shows and changes what this user may see and
   * change. Without this word no token of a user opens it.
   */
  readonly users?: true;
  /**
   * Headers with which `OPTIONS` is answered to anybody, who need show nothing: they say which protocol is spoken here, and nothing of
   * what is there.
   */
  readonly options?: Readonly<Record<string, string>>;
  /** Headers that pages of other sites send and read here, beside those of all routes. */
  readonly browsers?: BrowserHeaders;
  /** What it takes and answers, for the description of the API; a test finds routes that do not say it. */
  readonly about?: About;
  /** Does what the call asks for. Throws a `CodedError` where it refuses. */
  run(call: Call): HttpAnswer | Promise<HttpAnswer>;
}

interface BrowserHeaders {
  readonly sent?: readonly string[];
  readonly read?: readonly string[];
}

/** What a route answers where it does not throw: JSON, bytes, or that there is nothing to say. */
export type HttpAnswer = JsonAnswer | LinesAnswer | BytesAnswer | EventsAnswer | EmptyAnswer;

interface JsonAnswer {
  readonly status: 200 | 201 | 202;
  readonly json: object;
  readonly headers?: Readonly<Record<string, string>>;
}

interface LinesAnswer {
  readonly status: 200;
  /** Each is a line of JSON. They are read as the caller takes them. */
  readonly lines: AsyncIterable<object>;
}

interface EventsAnswer {
  readonly status: 200;
  /** Server-Sent Events, which go on until somebody ends them. */
  readonly events: ReadableStream<Uint8Array<ArrayBuffer>>;
}

interface BytesAnswer {
  readonly status: 200;
  /** They are read as the caller takes them. */
  readonly bytes: AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** The media type. */
  readonly type: string;
}

interface EmptyAnswer {
  readonly status: 204;
  readonly headers?: Readonly<Record<string, string>>;
}
