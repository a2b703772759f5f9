/** All that is kept of one user is exported and erased, over HTTP and on the command line, on both engines. */
import assert from "node:assert/strict";
import { run, taskCommand } from "../support/command.ts";
import { Manager } from "../support/manager.ts";
import { PLACES } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import type { Program } from "../support/program.ts";
import { RoomsFile } from "../support/rooms_file.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

for (const [place, start] of PLACES.filter(([name]) => name !== "embedded, node")) {
  Deno.test(`data of one user (${place})`, async (test) => {
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using rules = await RoomsFile.write({
      unknown: "public",
      rooms: [{ pattern: "kept", persistent: true, history: { size: 50, seconds: 600 } }],
    });
    await using nodes = await start({
      ...postgres?.env,
      ...{ APP_ROOMS: rules.path, APP_OFFLINE_SECONDS: "1" },
    });
    const { first, last, manager } = nodes;
    const command = (...args: string[]) =>
      run([...taskCommand("user"), ...args], {
        cwd: first.dataDir,
        env: {
          APP_KEY,
          APP_PORT: String(first.port),
          APP_DATA_DIR: first.dataDir,
          ...nodes.redis?.env,
        },
      });
    const recordsOf = async (user: string, site = manager) => await exported(last, site, user);
    await fill(last, manager);
    await speak(last);
    await waitFor("both are known", async () => {
      const records = [await recordsOf("1"), await recordsOf("2")];
      return records.every((each) => typesIn(each)["known_user"] === 1);
    });

    await test.step("an export has what there is, and nothing of others", async () => {
      const records = await recordsOf("1");
      const [whose, ...rest] = records;
      const end = rest.pop();
      assert.partialDeepStrictEqual(whose, { type: "user", user_id: 1, site: "default" });
      assert.deepEqual(end, { type: "end", records: rest.length });
      assert.deepEqual(typesIn(rest), {
        contact: 2,
        known_user: 1,
        notification: 3,
        privacy: 1,
        room_message: 3,
      });
      const text = JSON.stringify(records);
      for (const part of ["in lobby", "in kept", "Bob", "to one 1", "to one 2", "later", "Zoë"]) {
        assert.ok(text.includes(part), `${part} in ${text}`);
      }
      assert.ok(!text.includes("to two"), text);
    });

    await test.step("an export on the command line, into a file and not", async () => {
      const file = `${first.dataDir}/one.jsonl`;
      const { code, stdout, stderr } = await command("export", "1", "-o", file);
      assert.deepEqual([code, stdout], [0, ""], stderr);
      assert.match(stderr, /^Exported 10 records of user 1 to /m);
      assert.deepEqual(
        linesOf(await Deno.readTextFile(file)).slice(1),
        (await recordsOf("1")).slice(1),
      );
      assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
      const printed = await command("export", "1");
      assert.equal(linesOf(printed.stdout).length, 12, printed.stderr);
    });

    await test.step("an erasure asks first, ends connections, and is harmless twice", async () => {
      const refused = await command("erase", "1");
      assert.deepEqual([refused.code, refused.stdout], [2, ""]);
      assert.match(refused.stderr, /^Not done: give --yes to erase all that is kept of user 1$/m);
      const token = await connectionToken({ sub: "1" });
      await using client = await TestClient.connectWithToken(last.webSocketUrl, token);
      const { code, stdout, stderr } = await command("erase", "1", "--yes");
      assert.equal(code, 0, stderr);
      assert.match(
        stdout,
        /^Erased 3 room messages, 3 notifications, 2 contacts, 2 contacts of others.* of user 1\n$/,
      );
      assert.equal((await client.waitClosed()).code, 3015);
      const again = await manager.call(first, "DELETE", "/users/1/data");
      assert.equal(again.status, 200);
      assert.deepEqual(
        Object.values(Object(again.json["erased"])).filter((count) => count !== 0),
        [],
      );
      assert.equal((await command("erase", "1", "--yes")).stdout, "Erased nothing of user 1\n");
      assert.deepEqual(typesIn(await recordsOf("1")), { user: 1, end: 1 });
    });

    await test.step("histories of rooms have no hole, and nothing of the user's", async () => {
      const token = await connectionToken({ sub: "2" });
      await using client = await TestClient.connectWithToken(last.webSocketUrl, token);
      for (const [room, said] of [["kept", ["", "two", ""]], ["lobby", ["", "two"]]] as const) {
        const reply = await client.command("subscribe", { room });
        const found = await client.command("history", { room, limit: 9 });
        const publications = found["publications"] as Frame[];
        assert.deepEqual(publications.map(({ message }) => message), said, room);
        const [first] = publications;
        assert.partialDeepStrictEqual(first, { type: "usermsg", user_id: "", event: "erased" });
        assert.ok(first !== undefined && !("name" in first));
        assert.equal(found["epoch"], reply["epoch"]);
        await client.command("unsubscribe", { room });
        const since = { offset: 0, epoch: found["epoch"] };
        assert.equal((await client.command("subscribe", { room, since }))["recovered"], true, room);
      }
    });

    await test.step("what is others' stays, and so do their blocks", async () => {
      assert.deepEqual(typesIn(await recordsOf("2")), {
        ...{ user: 1, known_user: 1, notification: 1, room_message: 2, end: 1 },
      });
      const three = await recordsOf("3");
      assert.partialDeepStrictEqual(three[1], {
        type: "contact",
        user_id: 1,
        contact: false,
        blocked: true,
      });
      assert.ok(!JSON.stringify(three).includes("Alice"));
      assert.deepEqual(typesIn(await recordsOf("1", await Manager.of(first, "shop"))), {
        user: 1,
        contact: 1,
        end: 1,
      });
    });

    await test.step("nobody learns any more when the user was there, or that it is", async () => {
      const clientOf = async ({ webSocketUrl }: Program, sub: string) =>
        await TestClient.connectWithToken(webSocketUrl, await connectionToken({ sub }));
      await using friend = await clientOf(first, "8");
      await manager.call(last, "PUT", "/contacts/8?user_id=9");
      {
        await using _nine = await clientOf(last, "9");
        const { users } = await friend.command("presence", { user_ids: [9] });
        assert.deepEqual(users, [{ user_id: 9, status: "online" }]);
        assert.equal((await manager.call(first, "DELETE", "/users/9/data")).status, 200);
      }
      for (const program of [first, last]) {
        const answer = await waitFor("the user is offline", async () => {
          const { json } = await manager.call(program, "GET", "/users/9/presence");
          return json["status"] === "offline" && json;
        });
        assert.deepEqual(answer, { user_id: 9, status: "offline", devices: [] });
      }
      assert.deepEqual(typesIn(await recordsOf("9")), { user: 1, end: 1 });
      await using _again = await clientOf(last, "9");
      await waitFor("the next one with this id is there", async () => {
        const { json } = await manager.call(first, "GET", "/users/9/presence");
        return json["status"] === "online";
      });
      await friend.settled();
      assert.deepEqual(friend.frames.filter(({ type }) => type === "user_presence"), [
        { type: "user_presence", user_id: 9, status: "offline" },
      ]);
    });

    await test.step("it takes the scope 'manage', and the site is the key's own", async () => {
      const shop = await Manager.of(first, "shop");
      assert.equal((await shop.call(first, "DELETE", "/users/1/data?site=default")).status, 403);
      const { key } = await manager.done(first, "/keys", { name: "r", scopes: ["read"] });
      const refused = await fetch(`${first.url}/api/users/1/data`, {
        headers: { authorization: `Bearer ${key}` },
      });
      assert.deepEqual([refused.status, (await refused.json())["code"]], [403, "forbidden"]);
    });
  });
}

/** Gives user 1 something of everything, and others a little. */
async function fill(program: Program, manager: Manager): Promise<void> {
  const done = async (method: "PUT" | "PATCH", path: string, body: object) => {
    const { status, json } = await manager.call(program, method, path, body);
    assert.ok(status < 300, JSON.stringify(json));
  };
  await done("PUT", "/contacts/2?user_id=1", { name: "Bob" });
  await done("PATCH", "/contacts/zoë?user_id=1", { name: "Zoë", blocked: true });
  await done("PUT", "/contacts/1?user_id=2", { name: "Alice" });
  await done("PUT", "/contacts/1?user_id=3", { name: "Alice", blocked: true });
  await done("PATCH", "/privacy?user_id=1", { show_last_seen: false });
  const shop = await Manager.of(program, "shop");
  await shop.call(program, "PUT", "/contacts/2?user_id=1", { name: "Bob" });
  for (const [user, message] of [[1, "to one 1"], [1, "to one 2"], [2, "to two"]]) {
    await manager.done(program, `/users/${user}/notifications`, { message });
  }
  const deliver_at = Math.floor(Date.now() / 1000) + 3600;
  await manager.done(program, "/users/1/notifications", { message: "later", deliver_at });
}

/** Users 1 and 2 say something in a room whose history is persistent, and in another one. */
async function speak({ webSocketUrl }: Program): Promise<void> {
  const clientAs = async (sub: string) =>
    await TestClient.connectWithToken(
      webSocketUrl,
      await connectionToken({ sub, name: `N${sub}` }),
    );
  await using one = await clientAs("1");
  await using two = await clientAs("2");
  for (const room of ["kept", "lobby"]) {
    for (const each of [one, two]) await each.command("subscribe", { room });
    await one.command("publish", { room, message: `in ${room}` });
    await two.command("publish", { room, message: "two" });
  }
  await one.command("publish", { room: "kept", message: "once more in kept" });
}

async function exported(program: Program, { key }: Manager, user: string): Promise<Frame[]> {
  const answer = await fetch(`${program.url}/api/users/${user}/data`, {
    headers: { authorization: `Bearer ${key}` },
  });
  const text = await answer.text();
  assert.deepEqual(
    [answer.status, answer.headers.get("content-type")],
    [200, "application/jsonl"],
    text,
  );
  return linesOf(text);
}

function linesOf(text: string): Frame[] {
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

function typesIn(records: readonly Frame[]): Record<string, number> {
  const types: Record<string, number> = {};
  for (const { type } of records) types[String(type)] = (types[String(type)] ?? 0) + 1;
  return types;
}
