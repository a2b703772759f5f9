/** What the routes of conversations have in common: their scopes, their paths, and how lists are answered. */
import { CodedError } from "../base/errors.ts";
import type { Fields } from "../base/fields.ts";
import { MAX_ANSWER } from "../core/work.ts";
import type { Call } from "../http/call.ts";
import type { HttpAnswer, Route } from "../http/route.ts";
import { boundedPage } from "./bounded.ts";
import type { OnWire } from "./wire.ts";

type Run = Route["run"];

/** A route that reads, for users and for applications with the scope `chat:read`. */
export function reading(path: Route["path"], run: Run): Route {
  return { method: "GET", path, scope: "chat:read", users: true, run };
}

/** A route that changes something, for users and for applications with the scope `chat:write`. */
export function writing(method: Route["method"], path: Route["path"], run: Run): Route {
  return { method, path, scope: "chat:write", users: true, run };
}

/** The values of a query that is asked for so, as fields. */
export function queryOf(call: Call, ...names: readonly string[]): Fields {
  return Object.fromEntries(names.map((name) => [name, call.query(name)]));
}

/** The number in a path. Throws `not_found` where it is none: nothing is there. */
export function numberIn(call: Call, noun: "conversation" | "message"): number {
  const text = call.param(noun);
  if (/^[1-9]\d{0,15}$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new CodedError("not_found", `There is no ${noun} ${JSON.stringify(text)}`);
}

/** Answers with a page that is not too long, and counts what it cost. */
export async function listAnswer(
  call: Call,
  limit: number,
  read: (limit: number) => Promise<readonly [data: OnWire, entries: number]>,
): Promise<HttpAnswer> {
  const { data, ...expense } = await boundedPage(limit, MAX_ANSWER, read);
  call.charge(expense);
  return { status: 200, json: data };
}

/** Deletes something that may be gone by now, or never have been: that is the same to whoever asks. */
export async function deleted(work: Promise<unknown>): Promise<HttpAnswer> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof CodedError && error.code === "not_found")) throw error;
  }
  return { status: 204 };
}
