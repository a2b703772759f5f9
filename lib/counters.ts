/** What happened on this node since it started; `GET /api/stats` shows it. */
export class Counters {
  connections = 0;
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
  /** Tokens that were refused, connections that sent none in time, and sessions that ended. */
  auth_refused = 0;
  auth_late = 0;
  auth_ended = 0;
  /** Clients closed because too much waited for them, or because they took nothing at all. */
  dropped_slow = 0;
  dropped_stalled = 0;
  /** Notifications that left a full inbox or were too old: those that a client had got, and those that none had. */
  dropped_taken = 0;
  dropped_queued = 0;
}
