/** By which host names a server may be called: the same for pages, API, streams, upgrades and health, on both listeners. */
import assert from "node:assert/strict";
import type { Environment } from "../../lib/config/environment.ts";
import { readConfig } from "../../lib/configuration.ts";
import { hostOfUrl, HostRules, isHostHeader, parseHostPattern } from "../../lib/net/host_rules.ts";
import { operatorKeyOf } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { rawRequest, type RawResponse } from "../support/raw_http.ts";
import { UPGRADE } from "../support/raw_socket.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";

const PATTERNS: readonly (readonly [given: string, read: string | undefined])[] = [
  ["shop.example", "shop.example"],
  ["SHOP.Example.", "shop.example"],
  ["*.Shop.example", "*.shop.example"],
  ["bücher.example", "xn--bcher-kva.example"],
  ["localhost", "localhost"],
  ["192.0.2.1", "192.0.2.1"],
  ["2001:DB8::0:1", "2001:db8::1"],
  ["[2001:db8::1]", "2001:db8::1"],
  ...[
    ...["*", "*.", "shop.*", "*shop.example", "a*b", "shop.example:80", "http://shop.example", ""],
    ...["shop.example/", "a b", "a@b", "*.192.0.2.1", "[::1", "a,b", "%61.example", ".", "a\\b"],
  ].map((given) => [given, undefined] as const),
];
for (const [given, read] of PATTERNS) {
  Deno.test(`parseHostPattern() reads ${JSON.stringify(given)} as ${read}`, () => {
    assert.equal(parseHostPattern(given), read);
  });
}

Deno.test("hostOfUrl() has one form for each host", () => {
  const forms: Record<string, string | undefined> = {
    "http://GOOD.example.:80/x": "good.example",
    "http://[::ffff:127.0.0.1]:1/": "127.0.0.1",
    "http://0x7f.1/": "127.0.0.1",
    "http://[0:0::1]/": "::1",
    "http://user@evil/": "evil",
    "http://a b/": undefined,
  };
  for (const [url, host] of Object.entries(forms)) assert.equal(hostOfUrl(url), host, url);
});

Deno.test("isHostHeader() takes one host", () => {
  for (const good of [null, "", "a", "a.b:80", "[::1]", "[::1]:80", "a:", "127.0.0.1"]) {
    assert.ok(isHostHeader(good), String(good));
  }
  for (const bad of ["a, b", "a b", "a@b", "a/b", "a#b", "a?b", "::1", "a:b", "a\\b", "[::1"]) {
    assert.equal(isHostHeader(bad), false, bad);
  }
});

Deno.test("without APP_HOSTS a server that is closed or said to be open has any name", () => {
  const request = new Request("http://any.example/", { headers: { host: "any.example" } });
  const foreignHost = (env: Environment) =>
    new HostRules(readConfig(env).config).foreignHost(request);
  assert.equal(foreignHost({}), "any.example");
  for (const env of [{ APP_OPEN: "true" }, { APP_KEY }]) {
    assert.equal(foreignHost(env), undefined);
    assert.equal(foreignHost({ ...env, APP_HOSTS: "shop.example" }), "any.example");
  }
});

const GOOD = [
  ...["shop.example", "SHOP.example", "shop.example.", "shop.example:8443", "a.b.wild.example"],
  ...[
    "xn--bcher-kva.example",
    "localhost",
    "x.localhost:1",
    "127.0.0.1",
    "127.8.8.8",
    "[::1]:7000",
  ],
];
const FOREIGN = [
  ...["evil.example", "shop.example.evil.example", "xshop.example", "wild.example", "0.0.0.0"],
  ...["localhost.evil.example", "127.0.0.1.evil.example", "192.0.2.1", "[::]", "[2001:db8::1]"],
  ...["shop.example..", "notlocalhost"],
];
const UNREADABLE = [
  "shop.example, evil.example",
  "shop example",
  "shop.example@evil.example",
  "a/b",
];

for (const listener of ["deno", "node"]) {
  const env = {
    APP_LISTENER: listener,
    APP_HOSTS: "shop.example, *.wild.example, bücher.example",
    APP_KEY,
  };

  Deno.test(`APP_HOSTS holds for every way in (${listener})`, async () => {
    await using program = await Program.start({ isGuarded: true, env });
    const bearer = `Authorization: Bearer ${await connectionToken()}`;
    const key = `Authorization: Bearer ${operatorKeyOf(program)}`;
    const waysIn: [line: string, headers: string[], good: number][] = [
      ["GET / HTTP/1.1", [], 200],
      ["GET /main.js HTTP/1.1", [], 200],
      ["GET /config.json HTTP/1.1", [], 200],
      ["GET /healthz HTTP/1.1", [], 200],
      ["GET /readyz HTTP/1.1", [], 200],
      ["GET /nothing HTTP/1.1", [], 404],
      ["GET /api/keys HTTP/1.1", [key], 200],
      ["POST /sse/0123456789012345678901 HTTP/1.1", ["Content-Length: 0", bearer], 404],
      ["GET /ws HTTP/1.1", [...upgrade(), "Authorization: Bearer x"], 401],
    ];
    for (const [line, headers, good] of waysIn) {
      for (const host of GOOD) {
        const { status } = await ask(program, [line, `Host: ${host}`, ...headers]);
        assert.equal(status, good, `${line} by ${host}`);
      }
      for (const host of FOREIGN) {
        const { status, body } = await ask(program, [line, `Host: ${host}`, ...headers]);
        assert.equal(status, 403, `${line} by ${host}`);
        assert.match(body, /"code":"host_denied"/);
        assert.ok(!body.includes("bcher"), "it does not tell the names there are");
      }
      for (const host of UNREADABLE) {
        const { status } = await ask(program, [line, `Host: ${host}`, ...headers]);
        assert.equal(status, 400, `${line} by ${host}`);
      }
      for (const [one, two] of [["shop.example", "evil.example"], ["evil.example", "localhost"]]) {
        const { status } = await ask(program, [line, `Host: ${one}`, `Host: ${two}`, ...headers]);
        assert.equal(status, 400, `${line} by ${one} and ${two}`);
      }
      const forwarded = ["Host: evil.example", "X-Forwarded-Host: shop.example"];
      assert.equal((await ask(program, [line, ...forwarded, ...headers])).status, 403, line);
      const whole = line.replace(" /", " http://evil.example/");
      assert.equal((await ask(program, [whole, "Host: shop.example", ...headers])).status, 403);
      assert.equal((await ask(program, [whole, "Host: evil.example", ...headers])).status, 403);
      const named = line.replace(" /", " http://shop.example:80/");
      assert.equal((await ask(program, [named, "Host: evil.example", ...headers])).status, 403);
      assert.equal((await ask(program, [named, "Host: shop.example", ...headers])).status, good);
      // What looks like another host in a path is a path.
      const path = line.replace(" /", " //evil.example/");
      assert.ok([400, 404].includes((await ask(program, [path, "Host: shop.example"])).status));
    }
    const stats = await counted(program);
    assert.ok(stats > FOREIGN.length * waysIn.length);
  });

  Deno.test(`an upgrade whose target or host cannot be read is none of this machine's (${listener})`, async () => {
    await using program = await Program.start({ isGuarded: true, env: { APP_LISTENER: listener } });
    for (
      const [target, ...hosts] of [
        ["/ws", "Host: evil example"],
        ["/ws", "Host: evil.example@localhost"],
        ["/ws", "Host: localhost", "Host: evil.example"],
        ["ws://evil.example/ws", "Host: localhost"],
        ["http://evil.example/ws", "Host: localhost"],
        ["//evil.example/ws", "Host: localhost"],
      ]
    ) {
      const lines = [`GET ${target} HTTP/1.1`, ...hosts, ...upgrade()];
      const { status } = await ask(program, lines);
      assert.ok([400, 403, 404].includes(status), `${lines.slice(0, 3)}: ${status}`);
    }
  });
}

/** The lines of an upgrade. */
function upgrade(): string[] {
  return UPGRADE.trimEnd().split("\r\n");
}

/** `rawRequest()` asks for the end of the connection, which an upgrade's own header would contradict. */
function ask({ port }: Program, lines: readonly string[]): Promise<RawResponse> {
  return rawRequest(port, lines);
}

async function counted(program: Program): Promise<number> {
  const headers = { authorization: `Bearer ${operatorKeyOf(program)}` };
  const body = JSON.stringify({ name: "r", scopes: ["read"] });
  const made = await fetch(`${program.url}/api/keys`, { method: "POST", headers, body });
  const { key } = await made.json();
  const stats = await fetch(`${program.url}/api/stats`, {
    headers: { authorization: `Bearer ${key}` },
  });
  return (await stats.json())["refused_host"];
}
