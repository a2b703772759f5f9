/** The dashboard's session: who may come in by `/admin`, who is refused, and when a session ends; on both listeners and at a path. */
import assert from "node:assert/strict";
import { Manager, operatorKeyOf } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { RealProxy } from "../support/real_proxy.ts";
import { RedisServer } from "../support/redis.ts";
import { APP_KEY } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

type Json = Record<string, unknown>;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Json;
}

/** What the dashboard's own page sends. */
class Browser {
  cookie = "";

  constructor(readonly origin: string, readonly base: string) {}

  async ask(
    method: string,
    path: string,
    { body, headers = {} }: { body?: unknown; headers?: Record<string, string | undefined> } = {},
  ): Promise<Answer> {
    const all = {
      "x-notifyli-admin": "1",
      ...(method === "GET" ? {} : { origin: this.origin }),
      ...(this.cookie === "" ? {} : { cookie: this.cookie }),
      ...headers,
    };
    const sent = Object.entries(all).filter((pair): pair is [string, string] =>
      pair[1] !== undefined
    );
    const response = await fetch(`${this.origin}${this.base}/admin${path}`, {
      ...{ method, headers: sent, redirect: "manual" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = text.startsWith("{") ? JSON.parse(text) : {};
    return { status: response.status, headers: response.headers, json };
  }

  async signIn(key: string): Promise<Answer> {
    const answer = await this.ask("POST", "/session", { body: { key } });
    const [cookie = ""] = (answer.headers.get("set-cookie") ?? "").split(";");
    if (answer.status === 201) this.cookie = cookie;
    return answer;
  }
}

async function keyOf(
  program: Program,
  scopes: readonly string[],
  site = "default",
): Promise<string> {
  const body = JSON.stringify({ name: "dash", scopes, site });
  const headers = { authorization: `Bearer ${operatorKeyOf(program)}` };
  const response = await fetch(`${program.url}/api/keys`, { method: "POST", headers, body });
  return (await response.json()).key;
}

for (const listener of ["deno", "node"]) {
  for (const base of ["", "/realtime"]) {
    const where = `(${listener}${base && `, at ${base}`})`;

    Deno.test(`a session is for the holder of a key that may manage ${where}`, async () => {
      await using program = await start(listener, base);
      const key = await keyOf(program, ["manage", "read"]);
      const browser = new Browser(program.url, base);
      assert.equal((await browser.ask("GET", "/session")).json["session"], null);
      assert.match(
        String((await browser.ask("GET", "/session")).json["reason"]),
        /needs an API key/,
      );

      const { status, json, headers } = await browser.signIn(key);
      assert.equal(status, 201, JSON.stringify(json));
      const cookie = headers.get("set-cookie") ?? "";
      assert.match(
        cookie,
        /^notifyli_admin=[\w-]{43}; Max-Age=43200; HttpOnly; SameSite=Strict$/,
        "without a path it is for the folder that was called",
      );
      const { session } = json as { session: Json };
      assert.deepEqual(
        [session["name"], session["site"], session["scopes"]],
        ["dash", "default", ["read", "manage"]],
      );
      assert.ok(!JSON.stringify(json).includes(key.slice(20)), "the key is not told again");
      assert.deepEqual((await browser.ask("GET", "/session")).json, json);

      const nodes = await browser.ask("GET", "/api/nodes");
      assert.equal(nodes.status, 200, JSON.stringify(nodes.json));
      assert.equal((nodes.json["nodes"] as unknown[]).length, 1);
      const blocked = await browser.ask("POST", "/api/users/9/block", { body: {} });
      assert.equal(blocked.status, 200, JSON.stringify(blocked.json));
      assert.equal((await browser.ask("GET", "/api/blocks")).status, 200);
      const made = await browser.ask("PUT", "/api/rooms?room=a%2Fb", { body: {} });
      assert.ok([200, 201].includes(made.status), JSON.stringify(made.json));
      assert.ok(JSON.stringify((await browser.ask("GET", "/api/rooms")).json).includes("a/b"));
      const notScoped = await browser.ask("POST", "/api/users/9/notifications", {
        body: { message: "x" },
      });
      assert.equal(notScoped.status, 403, "the key lacks 'publish', and so does its session");
      const audit = program.log.filter(({ logger }) => logger === "notifyli.audit");
      const [, id = ""] = key.split("_");
      assert.ok(audit.some((line) => line["action"] === "session.begin" && line["who"] === id));
      assert.ok(audit.some((line) => line["action"] === "user.block" && line["who"] === id));

      // The API itself takes no cookie.
      const bare = await fetch(`${program.url}${base}/api/nodes`, {
        headers: { cookie: browser.cookie, "x-notifyli-admin": "1" },
      });
      await bare.body?.cancel();
      assert.equal(bare.status, 401);
    });

    Deno.test(`what another page has a browser send is refused ${where}`, async () => {
      await using program = await start(listener, base);
      const key = await keyOf(program, ["manage", "read", "publish"]);
      const browser = new Browser(program.url, base);
      await browser.signIn(key);
      const own = program.url;
      const other = own.replace(/\d+$/, (port) => String(Number(port) + 1));
      const refused: [
        what: string,
        method: string,
        path: string,
        headers: Record<string, string | undefined>,
      ][] = [
        ["no header", "GET", "/api/nodes", { "x-notifyli-admin": undefined }],
        ["no header", "POST", "/api/users/1/block", { "x-notifyli-admin": undefined }],
        ["no origin", "POST", "/api/users/1/block", { origin: undefined }],
        ["another site", "POST", "/api/users/1/block", { origin: "https://evil.example" }],
        ["an allowed site", "POST", "/api/users/1/block", { origin: "https://shop.example" }],
        ["an allowed site", "GET", "/api/nodes", { origin: "https://shop.example" }],
        ["another port", "POST", "/api/users/1/block", { origin: other }],
        ["a frame", "POST", "/api/users/1/block", { origin: "null" }],
        ["another site's image", "GET", "/api/nodes", { "sec-fetch-site": "cross-site" }],
        ["a neighbour's image", "GET", "/api/nodes", { "sec-fetch-site": "same-site" }],
        ["no origin", "PUT", "/api/rooms?room=x", {
          origin: undefined,
          "sec-fetch-site": "same-site",
        }],
        ["no origin", "DELETE", "/session", { origin: undefined }],
        ["another site", "DELETE", "/session", { origin: "https://evil.example" }],
        ["another site", "POST", "/session", { origin: "https://evil.example" }],
        ["no header", "POST", "/session", { "x-notifyli-admin": undefined }],
      ];
      for (const [what, method, path, headers] of refused) {
        const body = method === "GET" ? undefined : { key };
        const { status, json, headers: answered } = await browser.ask(method, path, {
          headers,
          body,
        });
        assert.equal(status, 403, `${what}: ${method} ${path}: ${JSON.stringify(json)}`);
        assert.equal(json["code"], "forbidden");
        assert.equal(answered.get("access-control-allow-origin"), null, what);
        assert.equal(answered.get("set-cookie"), null, what);
      }
      // A browser that names no origin but says that the page is the server's own.
      const { status } = await browser.ask("POST", "/api/users/1/block", {
        headers: { origin: undefined, "sec-fetch-site": "same-origin" },
        body: {},
      });
      assert.equal(status, 200);
      const asked = await browser.ask("OPTIONS", "/api/nodes", {
        headers: { origin: "https://shop.example", "access-control-request-method": "GET" },
      });
      assert.equal(asked.headers.get("access-control-allow-headers"), null, "nobody is let ask");
    });

    Deno.test(`what opens no session is refused with its reason ${where}`, async () => {
      await using program = await start(listener, base);
      const browser = new Browser(program.url, base);
      const reader = await keyOf(program, ["read", "publish"]);
      const wrong = `nk_${"0".repeat(12)}_${"x".repeat(40)}`;
      const bodies: [body: unknown, status: number, code: string][] = [
        [{ key: reader }, 403, "forbidden"],
        [{ key: wrong }, 401, "unauthorized"],
        [{ key: operatorKeyOf(program) }, 400, "invalid_field"],
        [{ key: 1 }, 400, "invalid_field"],
        [{}, 400, "invalid_field"],
        [[], 400, "invalid_frame"],
        [{ key: "nk_" + "x".repeat(5000) }, 413, "too_long"],
      ];
      for (const [body, status, code] of bodies) {
        const answer = await browser.ask("POST", "/session", { body });
        assert.deepEqual(
          [answer.status, answer.json["code"]],
          [status, code],
          JSON.stringify([body, answer.json]).slice(0, 200),
        );
        assert.equal(answer.headers.get("set-cookie"), null);
      }
      for (
        const cookie of [
          "",
          "notifyli_admin=",
          `notifyli_admin=${"x".repeat(43)}`,
          `notifyli_admin=${reader}`,
        ]
      ) {
        browser.cookie = cookie;
        const { status } = await browser.ask("GET", "/api/nodes");
        assert.equal(status, 401, cookie);
      }
      browser.cookie = "";
      let last = 0;
      for (let count = 0; count < 25 && last !== 429; count++) {
        last = (await browser.ask("POST", "/session", { body: { key: wrong } })).status;
      }
      assert.equal(last, 429, "nobody tries keys without end");
      assert.ok(!program.output.includes("xxxxxxxx"), "no key is in the log");
    });

    Deno.test(`the page has a policy of its own, and no page frames it ${where}`, async () => {
      await using program = await start(listener, base);
      const page = await fetch(`${program.url}${base}/admin/`);
      const html = await page.text();
      assert.equal(page.status, 200);
      assert.match(html, /<title>notifyli operations<\/title>/);
      assert.doesNotMatch(html, /<script>|<style|style=|onclick=/);
      const policy = page.headers.get("content-security-policy") ?? "";
      for (
        const part of [
          "default-src 'none'",
          "script-src 'self';",
          "style-src 'self';",
          "connect-src 'self';",
          "frame-ancestors 'none'",
          "form-action 'none'",
          "base-uri 'none'",
        ]
      ) assert.ok(policy.includes(part), policy);
      assert.ok(!policy.includes("unsafe"), policy);
      assert.equal(page.headers.get("x-frame-options"), "DENY");
      const moved = await fetch(`${program.url}${base}/admin`, { redirect: "manual" });
      await moved.body?.cancel();
      assert.deepEqual([moved.status, moved.headers.get("location")], [308, "admin/"]);
      for (const file of ["main.js", "main.css"]) {
        const asset = await fetch(`${program.url}${base}/admin/${file}`);
        await asset.body?.cancel();
        assert.equal(asset.status, 200, file);
      }
      const none = await fetch(`${program.url}${base}/admin/%2e%2e/index.html`);
      await none.body?.cancel();
      assert.notEqual(none.status, 500);
    });

    Deno.test(`a session ends when it is ended, and with its key ${where}`, async () => {
      await using program = await start(listener, base);
      const manager = await Manager.of(program);
      const key = await keyOf(program, ["manage"]);
      const one = new Browser(program.url, base);
      const other = new Browser(program.url, base);
      await one.signIn(key);
      await other.signIn(key);
      const { status, headers } = await one.ask("DELETE", "/session");
      assert.equal(status, 204);
      assert.match(headers.get("set-cookie") ?? "", /^notifyli_admin=; Max-Age=0; HttpOnly/);
      assert.equal(
        (await one.ask("GET", "/api/nodes")).status,
        401,
        "also for who kept the cookie",
      );
      assert.equal((await one.ask("DELETE", "/session")).status, 204, "it is harmless twice");
      assert.equal((await other.ask("GET", "/api/nodes")).status, 200, "another browser's goes on");

      const [, id = ""] = key.split("_");
      assert.equal((await manager.call(program, "DELETE", `/keys/${id}`)).status, 204);
      const refused = await other.ask("GET", "/api/nodes");
      assert.equal(refused.status, 401);
      assert.match(String(refused.json["message"]), new RegExp(`the API key ${id} is revoked`));
      assert.match(String((await other.ask("GET", "/session")).json["reason"]), /is revoked/);
    });
  }
}

function start(listener: string, base: string): Promise<Program> {
  return Program.start({
    env: {
      APP_KEY,
      APP_LISTENER: listener,
      APP_BASE_PATH: base,
      APP_ALLOWED_ORIGINS: "https://shop.example",
    },
  });
}

Deno.test("a session counts after a restart", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    const browser = await (async () => {
      await using program = await Program.start({ env: { APP_KEY }, dataDir });
      const browser = new Browser(program.url, "");
      await browser.signIn(await keyOf(program, ["manage"]));
      return browser;
    })();
    await using program = await Program.start({ env: { APP_KEY }, dataDir });
    const after = new Browser(program.url, "");
    after.cookie = browser.cookie;
    assert.equal((await after.ask("GET", "/api/nodes")).status, 200);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("a session counts on all nodes, and on none when its key is revoked on one", async () => {
  await using redis = await RedisServer.start();
  await using one = await Program.start({ env: { ...redis.env, APP_KEY } });
  const env = { ...redis.env, APP_KEY, APP_LISTENER: "node" };
  await using other = await Program.start({ env });
  const key = await keyOf(one, ["manage"]);
  const browser = new Browser(one.url, "");
  await browser.signIn(key);
  const there = new Browser(other.url, "");
  there.cookie = browser.cookie;
  assert.equal((await there.ask("GET", "/api/nodes")).status, 200);
  const stored = await redis.cli("KEYS", "*admin-session:*");
  assert.match(
    stored,
    /admin-session:[0-9a-f]{64}\s*$/,
    "a hash is stored, and not what the browser holds",
  );

  const manager = await Manager.of(one);
  await manager.call(one, "DELETE", `/keys/${key.split("_")[1]}`);
  await waitFor(
    "the other node refuses it, too",
    async () => (await there.ask("GET", "/api/nodes")).status === 401,
  );
});

Deno.test("while a server is open and has no key, who sits at it needs none", async () => {
  for (const listener of ["deno", "node"]) {
    await using program = await Program.start({
      isGuarded: true,
      env: { APP_LISTENER: listener },
    });
    const browser = new Browser(program.url, "");
    const { session } = (await browser.ask("GET", "/session")).json as { session: Json };
    assert.equal(session["who"], "local");
    assert.equal((await browser.ask("GET", "/api/nodes")).status, 200);
    assert.equal(
      (await browser.ask("GET", "/api/nodes", { headers: { "x-notifyli-admin": undefined } }))
        .status,
      403,
    );
    assert.equal((await browser.ask("POST", "/api/users/1/block", { body: {} })).status, 200);
    assert.equal(
      (await browser.ask("POST", "/api/users/1/block", { headers: { origin: undefined } })).status,
      403,
    );
    // Being on this machine goes on to be no proof for the API itself.
    const bare = await fetch(`${program.url}/api/nodes`, { headers: { "x-notifyli-admin": "1" } });
    await bare.body?.cancel();
    assert.equal(bare.status, 401);

    const made = await browser.ask("POST", "/api/keys", {
      body: { name: "first", scopes: ["manage"] },
    });
    assert.equal(made.status, 201, JSON.stringify(made.json));
    assert.equal((await browser.ask("GET", "/api/nodes")).status, 401, "since then it needs a key");
    assert.equal((await browser.signIn(String(made.json["key"]))).status, 201);
    assert.equal((await browser.ask("GET", "/api/nodes")).status, 200);
  }
});

Deno.test("through a proxy that adds no header nobody comes in without a key", async () => {
  for (const listener of ["deno", "node"]) {
    // Open to all, so that the server itself answers who comes through the proxy.
    await using program = await Program.start({ env: { APP_LISTENER: listener } });
    await using proxy = await RealProxy.start("nginx's bare proxy_pass", program.port);
    const here = new Browser(program.url, "");
    assert.equal((await here.ask("GET", "/api/nodes")).status, 200);
    const through = new Browser(`http://127.0.0.1:${proxy.port}`, "");
    for (const headers of [{}, { origin: program.url }, { origin: undefined }]) {
      for (const [method, path] of [["GET", "/api/nodes"], ["POST", "/api/keys"]] as const) {
        const { status, json } = await through.ask(method, path, {
          headers,
          ...(method === "POST" && { body: { name: "x", scopes: ["manage"] } }),
        });
        assert.ok(status === 401 || status === 403, `${method} ${path}: ${JSON.stringify(json)}`);
      }
    }
    const { session, reason } = (await through.ask("GET", "/session")).json;
    assert.equal(session, null);
    assert.match(String(reason), /through a proxy/);
    await waitFor(
      "nothing was made",
      async () => (await here.ask("GET", "/api/keys")).status === 200,
    );
  }
});

Deno.test("behind a proxy with TLS the cookie is for TLS alone", async () => {
  for (const listener of ["deno", "node"]) {
    await using program = await start(listener, "");
    const key = await keyOf(program, ["manage"]);
    const browser = new Browser(program.url, "");
    const origin = program.url.replace("http:", "https:");
    const headers = { "x-forwarded-proto": "https", origin };
    const { status, headers: answered, json } = await browser.ask("POST", "/session", {
      headers,
      body: { key },
    });
    assert.equal(status, 201, JSON.stringify(json));
    assert.match(answered.get("set-cookie") ?? "", /; Secure$/);
    const plain = await browser.ask("POST", "/session", {
      headers: { "x-forwarded-proto": "https" },
      body: { key },
    });
    assert.equal(plain.status, 403, "a page that came by plain http");
  }
});
