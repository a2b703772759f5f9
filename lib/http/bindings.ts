/** What Hono's handlers know of a request beside its text. */
import type { Hono } from "hono";
import type { Peer } from "../core/socket.ts";
import type { MountAbout } from "./openapi/about.ts";

/** What a handler finds in `context.env`. */
export interface Bindings {
  readonly peer: Peer;
}

export type App = Hono<{ Bindings: Bindings }>;

/** An app that answers below a path in its own way, without the API's callers and scopes. */
export interface Mount {
  /** Such as "/sse". */
  readonly path: string;
  readonly app: App;
  /** What the app answers, for the description of the API. */
  readonly about?: readonly MountAbout[];
}
