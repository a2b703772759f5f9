/** What Hono keeps of a call of the API. */
import type { Context, Hono } from "hono";
import type { ConnectionGate } from "../limits/connection_gate.ts";
import type { Bindings } from "./bindings.ts";
import type { Caller } from "./caller.ts";

export interface ApiEnv {
  Bindings: Bindings;
  Variables: { caller: Caller; gate: ConnectionGate };
}

export type ApiApp = Hono<ApiEnv>;
export type ApiContext = Context<ApiEnv>;
