/** What happened on this node since it started; `GET /api/stats` shows it. */
import type { ErrorCode } from "../base/errors.ts";

export class Counters {
  connections = 0;
  /** How often the listener had to begin anew, since the system gave it no connection any more. */
  accept_stopped = 0;
  /** Errors that nothing in the server expected. */
  uncaught = 0;
  messages = 0;
  notifications = 0;
  /** Notifications accepted for later; those this node delivered when they were due, and found expired. */
  scheduled = 0;
  scheduled_delivered = 0;
  scheduled_expired = 0;
  /** Payloads heard on the Redis message channel, those routed by this node, and those refused. */
  bridge_received = 0;
  bridge_routed = 0;
  bridge_refused = 0;
  /** Entries of the Redis stream that this node was given, stored, and found unreadable. */
  stream_received = 0;
  stream_stored = 0;
  stream_refused = 0;
  /** Receipts that the webhook took, requests to it that failed, and receipts that were given up. */
  webhook_sent = 0;
  webhook_failed = 0;
  webhook_dropped = 0;
  /** Calls of the API refused: for want of a good key, of a scope, and after too many wrong keys of one address. */
  api_unauthorized = 0;
  api_forbidden = 0;
  api_throttled = 0;
  /** Tokens that were refused, connections that sent none in time, and sessions that ended. */
  auth_refused = 0;
  auth_late = 0;
  auth_ended = 0;
  /** Connections closed since their token was revoked, their user was blocked, or an operator disconnected the user. */
  closed_revoked = 0;
  closed_blocked = 0;
  closed_disconnected = 0;
  /** Clients closed because too much waited for them, or because they took nothing at all. */
  dropped_slow = 0;
  dropped_stalled = 0;
  /** Clients closed because they sent on and on, sent a message too big, or did not say who they are in time. */
  dropped_flood = 0;
  dropped_too_big = 0;
  dropped_unidentified = 0;
  /** Frames, requests and connects that were refused, by the limit that they passed. */
  refused_rate = 0;
  refused_connections = 0;
  refused_address = 0;
  refused_host = 0;
  refused_rooms = 0;
  refused_full = 0;
  refused_too_long = 0;
  refused_too_slow = 0;
  /** By the wrong type, length or characters of a field. */
  refused_invalid = 0;
  /** By a token that was revoked, and as a user who is blocked. */
  refused_revoked = 0;
  refused_blocked = 0;
  /** Pages of other sites, and callers that may not use the API. */
  refused_forbidden = 0;
  /** Messages of rooms that were kept in memory, and went before their time since all of them were too much. */
  dropped_history = 0;
  /** Notifications that left a full inbox or were too old: those that a client had got, and those that none had. */
  dropped_taken = 0;
  dropped_queued = 0;

  /** Counts what was refused with this code, if there is a counter for it. */
  noteRefused(code: ErrorCode): void {
    const counter = REFUSED[code];
    if (counter !== undefined) this[counter]++;
  }
}

type Refused = Extract<keyof Counters, `refused_${string}`>;

const REFUSED: Readonly<Partial<Record<ErrorCode, Refused>>> = {
  rate_limited: "refused_rate",
  too_many_connections: "refused_connections",
  address_denied: "refused_address",
  host_denied: "refused_host",
  too_many_rooms: "refused_rooms",
  room_full: "refused_full",
  too_long: "refused_too_long",
  too_slow: "refused_too_slow",
  invalid_field: "refused_invalid",
  revoked_token: "refused_revoked",
  blocked: "refused_blocked",
  forbidden: "refused_forbidden",
};
