/** `GET /api/audit`: what was managed is kept, whoever did it and at whichever node. */
import assert from "node:assert/strict";
import { AuditLog, MOST_RECORDS } from "../../lib/admin/audit/audit_log.ts";
import { rows } from "../../lib/engines/database/database.ts";
import { testDatabases } from "../support/databases.ts";
import { Manager, operatorKeyOf } from "../support/manager.ts";
import { PLACES } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import { waitFor } from "../support/wait.ts";

type Json = Record<string, unknown>;

for (const [place, start] of PLACES) {
  Deno.test(`GET /api/audit shows what was managed at any node (${place})`, async () => {
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using nodes = await start(postgres?.env);
    const { manager, first, last } = nodes;
    const id = manager.key.split("_")[1];
    const done = async (method: "PUT" | "DELETE" | "GET", path: string, body?: unknown) => {
      const { status, json } = await manager.call(first, method, path, body);
      assert.ok(status < 300, `${path}: ${JSON.stringify(json)}`);
    };
    await manager.done(first, "/users/7/block");
    await manager.done(first, "/users/7/unblock");
    await manager.done(last, "/users/7/disconnect");
    await manager.done(first, "/revocations", { session_id: "abc" });
    await done("PUT", "/rooms/lobby", {});
    await done("DELETE", "/rooms/lobby/connections/7");
    await done("DELETE", "/rooms/lobby");
    await done("PUT", "/kinds/news", {});
    await done("DELETE", "/kinds/news");
    await done("DELETE", "/users/9/data");
    await manager.done(first, "/push/test", { user_id: 9 });
    const made = await manager.done(first, "/keys", { name: "x", scopes: ["read"] });
    await done("DELETE", `/keys/${made["id"]}`);
    const shop = await Manager.of(first, "shop");
    await shop.done(first, "/users/8/block");
    const authorization = `Bearer ${operatorKeyOf(first)}`;
    const backup = await fetch(`${first.url}/api/backup`, { headers: { authorization } });
    assert.equal((await backup.bytes()).length % 512, 0);
    const list = async (query = "", who = manager, at = first) => {
      const { status, json } = await who.call(at, "GET", `/audit?limit=1000${query}`);
      assert.equal(status, 200, JSON.stringify(json));
      return json["records"] as Json[];
    };
    const own = await waitFor("all are written", async () => {
      const records = (await list("&site=default")).filter(({ who }) => who === id).reverse();
      return records.length >= 13 && records;
    });
    const sorted = own.map(({ action, target }) => `${action} ${target}`);
    assert.deepEqual(sorted, [
      "user.block user 7",
      "user.unblock user 7",
      "user.disconnect user 7",
      "revoke.session session abc",
      "room.make room lobby",
      "room.put_out user 7 in room lobby",
      "room.delete room lobby",
      "kind.set kind news",
      "kind.delete kind news",
      "user.erase user 9",
      "push.test user 9",
      `key.create key ${made["id"]}`,
      `key.revoke key ${made["id"]}`,
    ]);
    const [record] = own;
    assert.deepEqual([record?.["site"], record?.["address"]], ["default", "127.0.0.1"]);
    assert.ok(Math.abs(Number(record?.["at"]) - Date.now() / 1000) < 120);
    // All of it is the operator's to see; a site sees its own alone, and no other by name.
    const all = await waitFor("the backup is written there", async () => {
      const records = await list("", manager, last);
      return records.some(({ who, action }) => `${who} ${action}` === "operator backup") && records;
    });
    assert.ok(all.some(({ site, target }) => site === "shop" && target === "user 8"));
    const ofShop = await list("", shop);
    assert.ok(ofShop.length >= 2 && ofShop.every(({ site }) => site === "shop"));
    const refused = await shop.call(first, "GET", "/audit?site=default");
    assert.deepEqual([refused.status, refused.json["code"]], [403, "forbidden"]);
    const wrong = await manager.call(first, "GET", "/audit?site=a:b");
    assert.deepEqual([wrong.status, wrong.json["code"]], [400, "invalid_field"]);
    const pages: Json[] = [];
    for (let before = "";;) {
      const { json } = await manager.call(last, "GET", `/audit?limit=4${before}`);
      pages.push(...json["records"] as Json[]);
      if (json["next"] === undefined) break;
      before = `&before=${json["next"]}`;
    }
    assert.deepEqual(pages.map((each) => each["id"]), all.map((each) => each["id"]));
  });
}

testDatabases("the audit log keeps days and a number, and loses nothing", async (database) => {
  const audit = new AuditLog(database, 10);
  const record = { who: "k", action: "user.block", target: "user 1", site: "s", address: "::1" };
  const now = Date.now();
  audit.keep({ ...record, at: now - 11 * 24 * 3600 * 1000 });
  audit.keep({ ...record, at: now });
  await audit.write();
  await database.transaction(() =>
    rows(
      `INSERT INTO admin_audit (id, at, site, who, action, target, address)
       WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${
        MOST_RECORDS + 20
      })
       SELECT 'many-' || i, ${now} - i, 'many', 'k', 'a', 't', '' FROM n`,
    )
  );
  const request = { limit: 1000, before: undefined };
  assert.equal((await audit.list({ ...request, site: "s" })).length, 2);
  await audit.sweep();
  assert.deepEqual((await audit.list({ ...request, site: "s" })).map(({ at }) => at), [now]);
  const [{ count } = {}] = await database.query(
    "SELECT count(*) AS count FROM admin_audit WHERE site = 'many'",
  );
  assert.equal(Number(count), MOST_RECORDS);
});

testDatabases("who lists the audit log sees all that was kept before", async (database) => {
  const audit = new AuditLog(database, 10);
  const record = { who: "k", action: "user.block", site: "s", address: "::1", at: Date.now() };
  const request = { site: "s", limit: 10, before: undefined };
  const lists: Promise<string[]>[] = [];
  for (const target of ["user 1", "user 2", "user 3"]) {
    audit.keep({ ...record, target });
    lists.push(audit.list(request).then((found) => found.map((each) => each.target)));
  }
  const [first, ...others] = await Promise.all(lists);
  assert.ok(first!.includes("user 1"));
  for (const other of others) assert.deepEqual(other.slice(-2), ["user 2", "user 1"]);
  assert.deepEqual(others.at(-1), ["user 3", "user 2", "user 1"]);
});
