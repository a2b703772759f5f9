/** Operators' bodies with a field that nobody knows are refused by its name, since to ignore one may do more than is wanted. */
import assert from "node:assert/strict";
import { PLACES } from "../support/nodes.ts";

const BODIES: readonly [
  method: "POST" | "PUT" | "PATCH",
  path: string,
  body: object,
  field: string,
][] = [
  ["POST", "/users/7/block", { secnds: 60 }, "secnds"],
  ["POST", "/users/7/unblock", { seconds: 60 }, "seconds"],
  ["POST", "/users/7/disconnect", { connection: "x" }, "connection"],
  ["POST", "/revocations", { user_id: 7, expire_at: 4_000_000_000 }, "expire_at"],
  ["POST", "/keys", { name: "x", scopes: ["read"], expires: 4_000_000_000 }, "expires"],
  ["POST", "/nodes/this/drain", { second: 60 }, "second"],
  ["PUT", "/log/levels", { levels: {}, level: "debug" }, "level"],
  ["POST", "/push/test", { user_id: 7, devices: [] }, "devices"],
  ["PUT", "/rooms?room=x", { maxClient: 7 }, "maxClient"],
  ["PATCH", "/rooms?room=x", { maxClient: 7 }, "maxClient"],
];

for (const [place, start] of PLACES) {
  Deno.test(`an operator's body with an unknown field is refused by its name (${place})`, async () => {
    await using nodes = await start();
    const { manager, first } = nodes;
    await manager.call(first, "PUT", "/rooms?room=x", { maxClients: 9 });
    for (const [method, path, body, field] of BODIES) {
      const { status, json } = await manager.call(first, method, path, body);
      const what = `${method} ${path}: ${JSON.stringify(json)}`;
      assert.deepEqual([status, json["code"]], [400, "invalid_field"], what);
      assert.ok(String(json["message"]).includes(field), what);
    }
    const { json } = await manager.call(first, "POST", "/users/7/block", { secnds: 60 });
    assert.equal(json["message"], 'Unknown field "secnds"; did you mean seconds?');
    assert.deepEqual((await manager.call(first, "GET", "/blocks")).json["blocks"], []);
    assert.deepEqual((await manager.call(first, "GET", "/revocations")).json["revocations"], []);
    await manager.done(first, "/users/7/block", { seconds: 60, site: "default" });
  });
}
