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

Deno.test("what says one field twice, in the body and beside it, is refused where the two differ", async () => {
  await using program = await Program.start({ env: { APP_KEY } });
  const manager = await Manager.of(program);
  const member = { kind: "group", members: [6] };
  for (
    const [path, fields, beside, headers] of [
      ["/rooms/lobby/messages", { message: "Hi", name: "Shop" }, "name=Bank", {}],
      ["/rooms/lobby/messages", { message: "Hi", user_id: 5 }, "user_id=6", {}],
      ["/rooms/lobby/messages", { message: "Hi", user_id: 5 }, "", { "X-User-Id": "6" }],
      ["/rooms/lobby/messages", { message: "Hi", name: "Shop" }, "", { "X-Name": "Bank" }],
      ["/rooms/lobby/messages", { message: "Hi", site: "default" }, "site=shop", {}],
      ["/broadcast", { message: "Hi", name: "Shop" }, "name=Bank", {}],
      ["/notifications", { user_id: 5, message: "Hi", title: "Yes" }, "title=No", {}],
      ["/notifications", { user_id: 5, message: "Hi", title: "Yes" }, "", { "X-Title": "No" }],
      ["/users/5/notifications", { message: "Hi", priority: 5 }, "priority=4", {}],
      ...([
        ["/rooms/lobby/messages", { message: "Hi" }],
        ["/notifications", { user_id: 5, message: "Hi" }],
        ["/users/5/notifications", { message: "Hi" }],
        ["/topics/T", { data: {} }],
        ["/conversations?user_id=5", member],
      ] as const).map(([path, body], index) =>
        [path, { ...body, id: `first-000${index}` }, "", {
          "Idempotency-Key": "other-0001",
        }] as const
      ),
    ] as const
  ) {
    const call = async (query: string, more: Record<string, string>) => {
      const response = await fetch(`${program.url}/api${path}${query && "?"}${query}`, {
        method: "POST",
        headers: { authorization: `Bearer ${manager.key}`, ...more },
        body: JSON.stringify(fields),
      });
      return { status: response.status, json: await response.json() };
    };
    const { status, json } = await call(beside, headers);
    assert.deepEqual([status, json["code"]], [400, "invalid_field"], path + JSON.stringify(json));
    const values = new Map(Object.entries(fields).map(([name, value]) => [name, String(value)]));
    const sameQuery = beside.replace(/^(.*)=.*/, (_, name) => `${name}=${values.get(name)}`);
    const same = Object.fromEntries(
      Object.keys(headers).map((name) => {
        const field = name.replace("Idempotency-Key", "id").replace("X-", "").toLowerCase();
        return [name, values.get(field.replace("-", "_")) ?? ""];
      }),
    );
    const taken = await call(sameQuery, same);
    assert.ok(taken.status < 300, path + JSON.stringify(taken.json));
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
