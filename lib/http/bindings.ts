/** What Hono's handlers know of a request beside its text. */
import type { Hono } from "hono";
import type { Peer } from "../core/socket.ts";
import type { Caller } from "./caller.ts";
import type { MountAbout } from "./openapi/about.ts";

/** What a handler finds in `context.env`. */
export interface Bindings {
  readonly peer: Peer;
  /** Who calls, where a mount that passes the request on has found that out; it shows no key then. */
  readonly known?: KnownCaller;
}

/** A caller who was found out before the API was asked. */
export interface KnownCaller {
  readonly caller: Caller;
  /** Why the caller may not call any more; `undefined` while that may be. */
  whyNotAnyMore(): Promise<string | undefined>;
}

export type App = Hono<{ Bindings: Bindings }>;

/** An app that answers below a path in its own way, without the API's callers and scopes. */
export interface Mount {
  /** Such as "/sse". */
  readonly path: string;
  readonly app: App;
  /** What the app answers, for the description of the API; empty where it has pages for people alone. */
  readonly about?: readonly MountAbout[];
}
