/** Passes: whoever is known to a connection by a cookie or by credentials calls the API by them, for as long as they count. */
import assert from "node:assert/strict";
import { Application } from "../support/application.ts";
import { Caller, userOf } from "../support/chat.ts";
import { CHAT_WORLDS } from "../support/chat_worlds.ts";
import { upload } from "../support/picture.ts";
import { Program } from "../support/program.ts";
import { RoomsFile } from "../support/rooms_file.ts";
import { rawExchange } from "../support/raw_http.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken, nowSeconds } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const V2 = ["notifyli.v2"];

for (const [what, start] of CHAT_WORLDS) {
  Deno.test(`a cookie counts over HTTP by the pass of its connection, on all nodes (${what})`, async () => {
    await using world = await start();
    const { first, last, manager } = world.nodes;
    const iat = nowSeconds() - 1;
    const [one, two] = [await byCookie(first, "1", iat), await byCookie(first, "2", iat)];
    const file = await upload(last.url, one.pass);
    const asUser = await userOf(first, 1);
    assert.equal((await asUser.call("GET", `/files/${file}`)).status, 200, "it is user 1's");
    const calls = (pass: string, path = `/files/${file}`) =>
      new Caller(last, pass).call("GET", path);
    assert.equal((await calls(one.pass)).status, 200);
    assert.equal((await calls(two.pass)).status, 404, "and not user 2's");
    const other = await calls(one.pass, "/conversations?user_id=2");
    assert.deepEqual([other.status, other.json["code"]], [403, "user_mismatch"]);
    assert.equal((await calls(one.pass, "/keys")).status, 401, "applications alone");

    const { status: opened } = await rawExchange(first.port, [
      ...["GET /ws HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade"],
      ...["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="],
      ...["Sec-WebSocket-Protocol: notifyli.v2", `Authorization: Bearer ${one.pass}`],
    ]);
    assert.equal(opened, 401);

    // It is worth nothing once its token or its user is not, and where somebody has made it or changed it.
    await manager.done(first, "/revocations", { token_id: "t-1" });
    await manager.done(first, "/users/2/block", {});
    const [, body = "", signature = ""] = /^np_(.+)\.(.+)$/.exec(one.pass) ?? [];
    const forged = btoa(JSON.stringify({ site: "default", user: "3", end: Date.now() + 60_000 }));
    for (
      const [pass, code] of [
        [one.pass, "revoked_token"],
        [two.pass, "blocked"],
        [`np_${forged.replaceAll("=", "")}.${signature}`, "invalid_token"],
        [`np_${body}.${signature.slice(1)}A`, "invalid_token"],
        [`np_${body}`, "invalid_token"],
        ["np_", "invalid_token"],
      ] as const
    ) {
      await waitFor(`${pass} is refused: ${code}`, async () => {
        const { status, json } = await calls(pass);
        return status === (code === "blocked" ? 403 : 401) && json["code"] === code;
      });
    }
  });
}

Deno.test("a pass ends with its session", async () => {
  const ends = nowSeconds() + 3;
  await using application = new Application(() => ({ user_id: 7, name: "Eve", expires_at: ends }));
  await using program = await Program.start({ env: application.env("connect") });
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await assert.rejects(client.command("pass"), /unauthorized/);
  await client.command("auth", { credentials: {} });
  await client.command("connect");
  const { pass, expires_at } = await client.command("pass");
  assert.equal(expires_at, ends);
  const eve = new Caller(program, String(pass));
  assert.equal((await eve.call("GET", "/files")).status, 200);
  await waitFor("it has ended", async () => {
    const { status, json } = await eve.call("GET", "/files");
    return status === 401 && json["code"] === "expired_token";
  });
});

Deno.test("an open server gives a pass to whoever it believes, and calls by it come through a proxy, too", async () => {
  await using program = await Program.start({ env: { APP_OPEN: "true" } });
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await assert.rejects(client.command("pass"), /unauthorized.*'connect'/);
  await client.command("connect", { user_id: 5 });
  const { pass } = await client.command("pass");
  const call = (headers: Record<string, string>) =>
    fetch(`${program.url}/api/files`, { headers: { "x-forwarded-for": "192.0.2.1", ...headers } });
  const [without, by] = [await call({}), await call({ authorization: `Bearer ${pass}` })];
  assert.deepEqual([without.status, by.status], [403, 200]);
  for (const each of [without, by]) await each.body?.cancel();
});

Deno.test("a guest gets no pass", async () => {
  await using rooms = await RoomsFile.write({
    rooms: [{ pattern: "*", auth: false }],
    unknown: "public",
  });
  const env = { APP_KEY, APP_ROOMS: rooms.path };
  await using program = await Program.start({ env });
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { name: "Guest" });
  await assert.rejects(client.command("pass"), /unauthorized.*guest/);
});

/** The pass of somebody whom a cookie says. */
async function byCookie(program: Program, sub: string, iat: number): Promise<{ pass: string }> {
  const token = await connectionToken({ sub, jti: `t-${sub}`, iat });
  const headers = { cookie: `notifyli_token=${token}`, origin: program.url };
  await using client = await TestClient.connectAs(program.webSocketUrl, { protocols: V2, headers });
  await client.command("connect");
  const { pass, expires_at } = await client.command("pass");
  assert.ok(Math.abs(Number(expires_at) - nowSeconds() - 600) < 60);
  return { pass: String(pass) };
}
