/** What Hono's handlers know of a request beside its text. */
import type { Hono } from "hono";
import type { Peer } from "../core/socket.ts";

/** What a handler finds in `context.env`. */
export interface Bindings {
  readonly peer: Peer;
}

export type App = Hono<{ Bindings: Bindings }>;
