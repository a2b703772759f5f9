/** What other systems say by HTTP is of the key's site and of the room that they name; where they name two, it is of neither. */
import assert from "node:assert/strict";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { APP_KEY } from "../support/tokens.ts";

Deno.test("what names another site than the key's is said nowhere", async () => {
  await using program = await Program.start({ env: { APP_KEY } });
  const shop = await Manager.of(program, "shop");
  for (
    const [path, fields] of [
      ["/rooms/lobby/messages", { message: "Hi" }],
      ["/rooms/lobby/events", { event: "typing" }],
      ["/topics/T", { data: { id: 5 } }],
    ] as const
  ) {
    for (const site of ["shop", "default", "a:b"]) {
      const own = site === "shop";
      const body = await shop.call(program, "POST", path, { ...fields, site });
      const query = await shop.call(program, "POST", `${path}?site=${site}`, fields);
      for (const { status, json } of [body, query]) {
        assert.equal(status < 300, own, `${path} ${site} ${JSON.stringify(json)}`);
        if (site === "default") assert.equal(json["code"], "forbidden");
      }
    }
  }
});

Deno.test("what names two rooms or topics in the query is said in neither", async () => {
  await using program = await Program.start({ env: { APP_KEY } });
  const manager = await Manager.of(program);
  for (
    const [path, fields] of [
      ["/rooms/messages?room=a&room=b", { message: "Hi" }],
      ["/rooms/events?room=a&room=b", { event: "typing" }],
      ["/topics?topic=a&topic=b", { data: { id: 5 } }],
    ] as const
  ) {
    const { status, json } = await manager.call(program, "POST", path, fields);
    assert.deepEqual([status, json["code"]], [400, "invalid_field"], path);
    const same = await manager.call(program, "POST", path.replace(/=b$/, "=a"), fields);
    assert.ok(same.status < 300, JSON.stringify(same.json));
  }
});
