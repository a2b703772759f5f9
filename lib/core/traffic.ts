/** Limits what one connection sends. `limits/user_limits.ts` implements it. */
import { CodedError } from "../base/errors.ts";
import type { UserId } from "../base/fields.ts";

export interface Traffic {
  /** Counts a message. Returns 0 if it may pass, else how many milliseconds to wait. It runs for every message. */
  take(now: number): number;
  /** As {@linkcode Traffic.take}, but counts nothing: for what is worked on later than it came. */
  wait(now: number): number;
  /** Counts what a message cost beside itself, in messages. The client may owe them. */
  charge(messages: number, now: number): void;
  /** Counts a message that was refused. Says whether the client was refused too often to stay connected. */
  isFlood(now: number): boolean;
  /** The client is this user from now on, and no other that it was before. Throws if the user has too many connections. */
  identify(site: string, user: UserId): void;
  /** The connection is gone. */
  leave(): void;
}

/** The refusal of a frame, or of what a frame asks for. */
export function tooMuch(retryAfterMs: number): CodedError {
  return new CodedError("rate_limited", `Too many frames: wait ${retryAfterMs} ms`, {
    retryAfterMs,
  });
}
