/** `GET /api/scheduled`: what waits for its time, of one user or of all. */
import assert from "node:assert/strict";
import { Manager } from "../support/manager.ts";
import { PLACES } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";

type Json = Record<string, unknown>;

for (const [place, start] of PLACES) {
  Deno.test(`GET /api/scheduled lists what waits for its time (${place})`, async () => {
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using nodes = await start(postgres?.env);
    const { manager, first, last } = nodes;
    const shop = await Manager.of(first, "shop");
    const now = Math.floor(Date.now() / 1000);
    const send = (who: Manager, user_id: number, after: number, fields: Json = {}) =>
      who.done(first, "/notifications", {
        user_id,
        message: "x",
        deliver_at: now + after,
        ...fields,
      });
    const ids: unknown[] = [];
    for (const [user, after] of [[2, 300], [1, 100], [1, 300], [1, 300]] as const) {
      ids.push((await send(manager, user, after, after === 100 ? { title: "Soon" } : {}))["id"]);
    }
    await send(shop, 1, 200);
    const list = async (query = "", who = manager) => {
      const { status, json } = await who.call(last, "GET", `/scheduled?${query}`);
      assert.equal(status, 200, JSON.stringify(json));
      return json;
    };
    const all = (await list())["scheduled"] as Json[];
    assert.equal(all.length, 4);
    assert.deepEqual(all[0], { id: ids[1], user_id: 1, deliver_at: now + 100, title: "Soon" });
    assert.deepEqual(
      new Set(all.slice(1).map(({ deliver_at }) => deliver_at)),
      new Set([now + 300]),
    );
    const pages: Json[] = [];
    for (let after = "";;) {
      const page = await list(`limit=1${after}`);
      pages.push(...page["scheduled"] as Json[]);
      if (page["next"] === undefined) break;
      after = `&after=${page["next"]}`;
    }
    assert.deepEqual(pages, all);
    const own = (await list("user_id=2"))["scheduled"] as Json[];
    assert.deepEqual(own.map(({ id }) => id), [ids[0]]);
    assert.equal(((await list("", shop))["scheduled"] as Json[]).length, 1);
    assert.deepEqual((await list("user_id=2", shop))["scheduled"], []);
  });
}
