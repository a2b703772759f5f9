/** Without a key a server believes everyone: on this machine only, unless it is told to. */
import assert from "node:assert/strict";
import { requireClosedOrLocal } from "../../lib/net/open_mode.ts";
import { readConfig } from "../../lib/configuration.ts";
import { Program } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";

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
  await using program = await Program.spawn({ isGuarded: true, env: { APP_HOST: "0.0.0.0" } });
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
    await using program = await Program.start({ isGuarded: true, env });
    const response = await fetch(`http://127.0.0.1:${program.port}/config.json`);
    assert.equal((await response.json()).open, open);
  });
}

const OUTSIDE: [name: string, headers: Record<string, string>, says: RegExp][] = [
  ...[
    ...[
      "forwarded",
      "via",
      "x-forwarded-for",
      "X-Forwarded-Host",
      "x-forwarded-proto",
      "x-real-ip",
    ],
    ...[
      "x-original-url",
      "x-client-ip",
      "true-client-ip",
      "cf-ray",
      "cf-connecting-ip",
      "cdn-loop",
    ],
    ...["fly-client-ip", "x-envoy-external-address", "x-amzn-trace-id", "x-proxyuser-ip"],
  ].map((name): typeof OUTSIDE[number] => [
    `through a proxy that adds ${name}`,
    { [name]: "127.0.0.1" },
    new RegExp(`through a proxy: the request has the header '${name.toLowerCase()}'`),
  ]),
  [
    "by another name",
    { host: "evil.example:7000" },
    /as host \\?"evil\.example:7000\\?".* or name it in APP_HOSTS/,
  ],
  ["by all addresses", { host: "0.0.0.0" }, /as host \\?"0\.0\.0\.0\\?"/],
];

/** All that the port has, and what it answers to who may ask. */
const WAYS_IN: readonly (readonly [line: string, good: RegExp])[] = [
  ["GET /", /^HTTP\/1\.1 200 /],
  ["GET /main.js", /^HTTP\/1\.1 200 /],
  ["HEAD /", /^HTTP\/1\.1 200 /],
  ["GET /config.json", /^HTTP\/1\.1 200 /],
  ["GET /nothing", /^HTTP\/1\.1 404 /],
  ["GET /api/stats", /^HTTP\/1\.1 (200|403) /],
  ["POST /api/users/1/notifications", /^HTTP\/1\.1 (201|400|403) /],
  ["POST /api/keys", /^HTTP\/1\.1 (401|403) /],
  ["GET /ws", /^HTTP\/1\.1 101 /],
  ["GET /sse?user_id=1", /^HTTP\/1\.1 200 /],
  ["POST /sse/0123456789012345678901", /^HTTP\/1\.1 404 /],
];

for (const listener of ["deno", "node"]) {
  Deno.test(`an open server answers nothing to what comes from outside, unless it is told to (${listener})`, async () => {
    const env = { APP_LISTENER: listener };
    await using guarded = await Program.start({ isGuarded: true, env });
    await using open = await Program.start({ isGuarded: true, env: { ...env, APP_OPEN: "true" } });
    for (const [how, headers, says] of OUTSIDE) {
      for (const [line, good] of WAYS_IN) {
        const refused = await ask(guarded.port, line, headers);
        assert.match(refused, /^HTTP\/1\.1 403 /, `${line} ${how}`);
        if (!line.startsWith("HEAD")) {
          assert.match(refused, says);
          assert.match(refused, /set APP_KEY so that clients need a token, or APP_OPEN=true/);
        }
        assert.match(await ask(open.port, line, headers), good, `${line} ${how}`);
      }
      for (const path of ["/healthz", "/readyz"]) {
        assert.match(await ask(guarded.port, `GET ${path}`, headers), /^HTTP\/1\.1 200 /, how);
      }
    }
    for (const host of ["localhost", "127.0.0.1", "shop.localhost", "[::1]"]) {
      for (const [line, good] of WAYS_IN) {
        assert.match(await ask(guarded.port, line, { host }), good, `${line} by ${host}`);
      }
    }
    const told = guarded.output.match(/\(docs\/auth\.md\)/g) ?? [];
    assert.equal(told.length, 1, "it is logged once");
  });

  Deno.test(`an open server goes by a name that it was given, and by no proxy all the same (${listener})`, async () => {
    const env = { APP_LISTENER: listener, APP_HOSTS: "dev.example" };
    await using program = await Program.start({ isGuarded: true, env });
    for (const [line, good] of WAYS_IN.filter(([line]) => !line.includes("/api/"))) {
      const named = { host: "dev.example:7000" };
      assert.match(await ask(program.port, line, named), good, line);
      const proxied = { ...named, via: "1.1 x" };
      assert.match(await ask(program.port, line, proxied), /^HTTP\/1\.1 403 /, line);
    }
  });
}

/** The first that comes back for a request: the head, and all of a refusal. */
async function ask(port: number, line: string, headers: Record<string, string>): Promise<string> {
  const more = line === "GET /ws" ? UPGRADE : { "content-length": "0" };
  const lines = Object.entries({ host: `127.0.0.1:${port}`, ...more, ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`);
  using socket = await Deno.connect({ hostname: "127.0.0.1", port });
  await socket.write(new TextEncoder().encode(`${line} HTTP/1.1\r\n${lines.join("")}\r\n`));
  let answer = "";
  const buffer = new Uint8Array(65_536);
  for (let length; (length = await socket.read(buffer)) !== null;) {
    answer += new TextDecoder().decode(buffer.subarray(0, length));
    const body = answer.split("\r\n\r\n")[1];
    if (line.startsWith("HEAD") && body !== undefined) break;
    if (!answer.startsWith("HTTP/1.1 403 ") ? body !== undefined : body?.includes("}")) break;
  }
  return answer;
}

Deno.test("an open server ignores tokens at the handshake, and says that it takes none in a frame", async () => {
  await using program = await Program.start({ isGuarded: true });
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
