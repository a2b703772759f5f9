/** What is known of notifications that do not come as others do. */
import type { UserId } from "../../base/fields.ts";
import type { Notification } from "../store/store.ts";

/** Names a notification. */
export interface Meant {
  readonly site: string;
  readonly user: UserId;
  readonly id: string;
}

/**
 * How a notification was taken that did not come into its inbox: not at all, or into a digest. One that was taken back before its
 * digest came stays so where it is sent again.
 */
export interface Held {
  readonly state: "withheld" | "digested" | "withdrawn";
  /** Whose word that is: `preferences` of the user, the `kind`, or its `throttle`. */
  readonly why: string;
  /** Whether the caller's id was there before. */
  readonly isDuplicate: boolean;
}

/** What became of a notification that did not come into an inbox. */
export interface Outcome {
  readonly id: string;
  readonly user: UserId;
  readonly state: Held["state"];
  readonly why: string;
  /** The id of the digest in which it came, once that is there. */
  readonly digest?: string;
  /** Unix milliseconds. */
  readonly at: number;
}

/** What is kept of a notification for its digest. */
export type DigestItem = Pick<
  Notification,
  "id" | "room" | "at" | "from" | "message" | "data" | "tags" | "details" | "expiresAt"
>;

/**
 * What a timer is for: to have all ask for attention that came while it was quiet, or one of these, to close a digest, to deliver a closed one, to ask for attention again, to push to
 * devices, to look whether what devices show was seen elsewhere.
 */
export type TimerKind = "quiet_over" | "alert" | "digest" | "digested" | "repeat" | "push" | "seen";

export interface Timer {
  readonly site: string;
  readonly user: UserId;
  readonly what: TimerKind;
  /** The id of a notification, or a kind; empty for `seen`; of `quiet_over` the Unix milliseconds at which it is. No two timers of a user are for the same. */
  readonly ref: string;
  /** Unix milliseconds. */
  readonly dueAt: number;
  /** Of several that are due together, those with a higher one are first. */
  readonly priority: number;
  /** Unix milliseconds. */
  readonly setAt: number;
  readonly body: string;
}
