/** `GET /api/stats`: what was once there stays there, for whoever draws it. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { startHere } from "../support/server_here.ts";

Deno.test("GET /api/stats has every name that version 0.1 had, without Redis and webhooks too", async () => {
  await using program = await Program.start();
  const stats = await (await fetch(`${program.url}/api/stats`)).json();
  const missing = NAMES_OF_0_1.filter((name) => !(name in stats));
  assert.deepEqual(missing, []);
});

Deno.test("every metric of a server has a name of plain words, and one sentence that explains it", async () => {
  await using server = await startHere();
  for (const { name, help } of server.metrics) {
    assert.match(name, /^[a-z]+(?:_[a-z]+)*$/);
    assert.match(help, /^[A-Z][^.\n]+\.$/, name);
  }
});

const NAMES_OF_0_1 = [
  ...["clients_limit", "clients", "rooms", "users", "connections", "accept_stopped", "uncaught"],
  ...["messages", "notifications", "scheduled", "scheduled_delivered", "scheduled_expired"],
  ...["bridge_received", "bridge_routed", "bridge_refused"],
  ...["stream_received", "stream_stored", "stream_refused"],
  ...["webhook_sent", "webhook_failed", "webhook_dropped"],
  ...["api_unauthorized", "api_forbidden", "api_throttled"],
  ...["auth_refused", "auth_late", "auth_ended"],
  ...["closed_revoked", "closed_blocked", "closed_disconnected"],
  ...["dropped_slow", "dropped_stalled", "dropped_flood", "dropped_too_big"],
  ...["dropped_unidentified", "dropped_history", "dropped_taken", "dropped_queued"],
  ...["refused_rate", "refused_connections", "refused_address", "refused_host", "refused_rooms"],
  ...["refused_full", "refused_too_long", "refused_too_slow", "refused_invalid"],
  ...["refused_revoked", "refused_blocked", "refused_forbidden"],
];
