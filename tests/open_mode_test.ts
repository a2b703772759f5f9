/** Without a key a server believes everyone: on this machine only, unless it is told to. */
import assert from "node:assert/strict";
import { requireClosedOrLocal } from "../lib/auth/open_mode.ts";
import { readConfig } from "../lib/config.ts";
import { Program } from "./support/program.ts";
import { TestClient } from "./support/test_client.ts";
import { APP_KEY, connectionToken } from "./support/tokens.ts";

const UPGRADE = {
  "connection": "Upgrade",
  "upgrade": "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

const LOCAL = ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "localhost"];
const ELSEWHERE = ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "notifyli.example", "127.0.0.1.x"];

Deno.test("open mode is for loopback addresses", () => {
  for (const APP_HOST of LOCAL) requireClosedOrLocal(readConfig({ APP_HOST }).config);
  for (const APP_HOST of ELSEWHERE) {
    assert.throws(() => requireClosedOrLocal(readConfig({ APP_HOST }).config), {
      message: `Cannot listen on ${APP_HOST} in open mode, where anyone is who they say: ` +
        "set APP_KEY so that clients need a token (docs/auth.md), " +
        "or APP_OPEN=true if anyone may be anyone",
    });
    requireClosedOrLocal(readConfig({ APP_HOST, APP_KEY }).config);
    requireClosedOrLocal(readConfig({ APP_HOST, APP_OPEN: "true" }).config);
  }
});

Deno.test("a server that would be open to other machines does not start", async () => {
  await using program = await Program.spawn({ env: { APP_HOST: "0.0.0.0" } });
  assert.equal((await program.ended()).code, 1);
  assert.match(program.output, /Cannot listen on 0\.0\.0\.0 in open mode/);
});

const STARTED: [Record<string, string>, boolean][] = [
  [{}, true],
  [{ APP_HOST: "0.0.0.0", APP_OPEN: "true" }, true],
  [{ APP_HOST: "0.0.0.0", APP_KEY }, false],
];
for (const [env, open] of STARTED) {
  Deno.test(`/config.json says open: ${open} with ${Object.keys(env).join(", ") || "no setting"}`, async () => {
    await using program = await Program.start({ env });
    const response = await fetch(`http://127.0.0.1:${program.port}/config.json`);
    assert.equal((await response.json()).open, open);
  });
}

const OUTSIDE: [name: string, headers: Record<string, string>, says: RegExp][] = [
  ["through a proxy", { "x-forwarded-for": "192.0.2.1" }, /the request has the header/],
  ["by another name", { host: "evil.example:7000" }, /as host \\?"evil\.example:7000\\?"/],
];
for (const listener of ["deno", "node"]) {
  for (const [how, headers, says] of OUTSIDE) {
    Deno.test(`an open server lets nobody in ${how}, unless it is told to (${listener})`, async () => {
      const env = { APP_LISTENER: listener };
      await using guarded = await Program.start({ env });
      await using open = await Program.start({ env: { ...env, APP_OPEN: "true" } });
      for (const path of ["/ws", "/sse?user_id=1"]) {
        const refused = await ask(guarded.port, path, headers);
        assert.match(refused, /^HTTP\/1\.1 403 /, path);
        assert.match(refused, says);
        assert.match(refused, /set APP_KEY so that clients need a token, or APP_OPEN=true/);
        assert.match(await ask(open.port, path, headers), /^HTTP\/1\.1 (101|200) /, path);
        for (const host of ["localhost", "127.0.0.1", "shop.localhost", "[::1]"]) {
          assert.match(await ask(guarded.port, path, { host }), /^HTTP\/1\.1 (101|200) /, host);
        }
      }
      const told = guarded.output.match(/\(docs\/auth\.md\)/g) ?? [];
      assert.equal(told.length, 1, "it is logged once");
    });
  }
}

/** The first that comes back for a request that asks for a socket or a stream. */
async function ask(port: number, path: string, headers: Record<string, string>): Promise<string> {
  const upgrade = path === "/ws" ? UPGRADE : {};
  const lines = Object.entries({ host: `127.0.0.1:${port}`, ...upgrade, ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`);
  using socket = await Deno.connect({ hostname: "127.0.0.1", port });
  await socket.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`));
  let answer = "";
  const buffer = new Uint8Array(65_536);
  for (let length; (length = await socket.read(buffer)) !== null;) {
    answer += new TextDecoder().decode(buffer.subarray(0, length));
    const body = answer.split("\r\n\r\n")[1];
    if (!answer.startsWith("HTTP/1.1 403 ") ? body !== undefined : body?.includes("}")) break;
  }
  return answer;
}

Deno.test("an open server ignores tokens at the handshake, and says that it takes none in a frame", async () => {
  await using program = await Program.start();
  await using client = await TestClient.connectAs(`${program.webSocketUrl}?token=x`, {
    protocols: ["notifyli.v2", `notifyli.token.${await connectionToken()}`],
    headers: { authorization: "Bearer x" },
  });
  const { user_id } = await client.command("connect", { user_id: 7 });
  assert.equal(user_id, 7);
  await assert.rejects(client.command("auth", { token: await connectionToken() }), {
    message: "invalid_token: Cannot take the token: this server is open and has no key to check it",
  });
  await client.settled();
  assert.equal(client.closed, undefined);
});
