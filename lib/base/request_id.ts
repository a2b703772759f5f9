/**
 * The id of the HTTP request that is worked on, so that each line of the log that is written on its behalf can name it. A caller, or a
 * proxy in front, may give it (`X-Request-Id`); the answer has it in any case.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { nextId } from "./ids.ts";

export const REQUEST_ID = "X-Request-Id";

/** The same name as `node:http` has it. */
export const REQUEST_ID_LOWER = "x-request-id";

/** What a caller may give. Anything else is replaced, and not refused: proxies put in what they like. */
const WELL_FORMED = /^[\w-]{8,64}$/;

const running = new AsyncLocalStorage<string | undefined>();

/** The id that a request comes with, or a new one. */
export function requestIdOf(given: string | readonly string[] | null | undefined): string {
  return typeof given === "string" && isRequestId(given) ? given : nextId();
}

/** Whether a text may be the id of a request. */
export function isRequestId(text: string): boolean {
  return WELL_FORMED.test(text);
}

/** Works on a request: `requestId` has its id in all that is done for it, also where that goes on after the answer. */
export function inRequest<T>(id: string, work: () => T): T {
  return running.run(id, work);
}

/** Begins what many requests share, such as a timer: it is done for none of them. */
export function outsideRequests<T>(work: () => T): T {
  return running.getStore() === undefined ? work() : running.run(undefined, work);
}

/** The id of the request that is worked on; `undefined` where there is none. */
export function requestId(): string | undefined {
  return running.getStore();
}
