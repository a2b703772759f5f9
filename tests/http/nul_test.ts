/** U+0000 in a path: PostgreSQL takes it in no text, so it is refused alike on all stores. */
import assert from "node:assert/strict";
import { PLACES } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";

const CALLS = [
  ["GET", "/notifications/a%00b-cdefgh"],
  ["PATCH", "/notifications/a%00b-cdefgh"],
  ["DELETE", "/notifications/a%00b-cdefgh"],
  ["GET", "/notifications/a%00b-cdefgh/timeline"],
  ["GET", "/notifications/a%00b-cdefgh/timeline?user_id=7"],
  ["PUT", "/users/7/notifications/a%00b-cdefgh/archive"],
  ["DELETE", "/dead-letters/hooks/1.a%00b"],
  ["DELETE", "/connections/a%00b"],
  ["DELETE", "/keys/a%00b"],
] as const;

for (const [place, start] of PLACES) {
  Deno.test(`a path with U+0000 names nothing (${place})`, async () => {
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using nodes = await start(postgres?.env);
    for (const [method, path] of CALLS) {
      const { status, json } = await nodes.manager.call(nodes.last, method, path);
      assert.deepEqual([status, json["code"]], [400, "invalid_field"], `${method} ${path}`);
    }
    const before = "/dead-letters?source=hooks&before=1.a%00b";
    const { status } = await nodes.manager.call(nodes.last, "GET", before);
    assert.equal(status, 200);
  });
}
