/** All that is not a WebSocket, on both listeners: health, the page, the API, and who may call it. */
import assert from "node:assert/strict";
// @ts-types="@types/ws"
import { WebSocket as WsClient } from "ws";
import { readiness } from "../faults/readiness.ts";
import { Certificate } from "../support/certificate.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { rawRequest } from "../support/raw_http.ts";
import { RedisServer } from "../support/redis.ts";
import { sharedProgram } from "../support/shared_program.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

type Env = Readonly<Record<string, string>>;
type Json = Record<string, unknown>;

const PAGE_TYPES: [path: string, type: string][] = [
  ["/", "text/html; charset=utf-8"],
  ["/index.html", "text/html; charset=utf-8"],
  ["/main.css", "text/css; charset=utf-8"],
  ["/main.js", "text/javascript; charset=utf-8"],
  ["/favicon.svg", "image/svg+xml"],
];

/** Paths that try to leave `static/`, or to name what is hidden in it. */
const ESCAPES = [
  "/../deno.json",
  "/%2e%2e/deno.json",
  "/..%2fdeno.json",
  "/..%5cdeno.json",
  "/%252e%252e/deno.json",
  "/\\..\\deno.json",
  "/./../deno.json",
  "/static/../../deno.json",
  "/static/../..",
  "/static/index.html",
  "/deno.json",
  "/main.ts",
  "/lib/config.ts",
  "/.env",
  "/%2eenv",
  "/.built",
  "/.git/config",
  "//etc/passwd",
  "/etc/passwd",
  "/%2fetc%2fpasswd",
  "///etc/passwd",
  "file:///etc/passwd",
  "http://elsewhere/deno.json",
  "/index.html/../../deno.json",
  "/index.html%00.ts",
  "/index.html/",
  "/data/notifyli.db",
  "*",
];

/** Bodies of POST /api/notifications that are refused, and what the answer says. */
const REFUSED: [body: unknown, status: number, answer: Json][] = [
  [
    "not json",
    400,
    { code: "invalid_json", message: 'Cannot read the body as JSON: "not json"' },
  ],
  ["", 400, { code: "invalid_json", message: 'Cannot read the body as JSON: ""' }],
  [
    [1],
    400,
    { code: "invalid_frame", message: "Cannot take the body as an object: current value is [1]" },
  ],
  [
    { room: "1", message: "Hi" },
    400,
    { code: "missing_field", message: "Missing field 'user_id'", field: "user_id" },
  ],
  [
    { user_id: 1 },
    400,
    { code: "missing_field", message: "Missing field 'message'", field: "message" },
  ],
  [
    { user_id: 1, message: "" },
    400,
    {
      code: "missing_field",
      message: "Field 'message' is empty: current value is \"\"",
      field: "message",
    },
  ],
  [
    { user_id: 1.5, message: "Hi" },
    400,
    {
      code: "invalid_field",
      message:
        "Cannot take field 'user_id': current value is 1.5, allowed is a whole number or a string",
      field: "user_id",
    },
  ],
  [
    { user_id: 2 ** 53, message: "Hi" },
    400,
    {
      code: "invalid_field",
      message: "Cannot take field 'user_id': current value is 9007199254740992, " +
        "allowed is a number below 2^53, or text: send it as text, in quotes",
      field: "user_id",
    },
  ],
  [
    { user_id: true, message: "Hi" },
    400,
    {
      code: "invalid_field",
      message:
        "Cannot take field 'user_id': current value is true, allowed is a whole number or a string",
      field: "user_id",
    },
  ],
  [
    { user_id: 1, message: [7] },
    400,
    {
      code: "invalid_field",
      message: "Cannot take field 'message': current value is [7], allowed is a string",
      field: "message",
    },
  ],
  [
    { user_id: 1, message: "Hi", room: "two\nlines" },
    400,
    {
      code: "invalid_field",
      message: "Cannot take field 'room': current value is \"two\\nlines\", " +
        "allowed is text in one line without control characters",
      field: "room",
    },
  ],
  [
    { user_id: 1, message: "Hi", timestamp: "now" },
    400,
    {
      code: "invalid_field",
      message: "Cannot take field 'timestamp': current value is \"now\", " +
        "allowed is a time from 1970 to 9999: Unix seconds, or ISO 8601 with a zone, " +
        "such as 2026-05-01T09:00:00Z",
      field: "timestamp",
    },
  ],
  [
    { user_id: 1, message: "x".repeat(10_001) },
    413,
    {
      code: "too_long",
      message: "Field 'message' is too long: current length is 10001, the limit is 10000",
      field: "message",
    },
  ],
  [
    { user_id: 1, message: "Hi", room: "x".repeat(129) },
    413,
    {
      code: "too_long",
      message: "Field 'room' is too long: current length is 129, the limit is 128",
      field: "room",
    },
  ],
  [
    { user_id: 1, message: "Hi", from: "x".repeat(65) },
    413,
    {
      code: "too_long",
      message: "Field 'from' is too long: current length is 65, the limit is 64",
      field: "from",
    },
  ],
  [
    { user_id: "x".repeat(65), message: "Hi" },
    413,
    {
      code: "too_long",
      message: "Field 'user_id' is too long: current length is 65, the limit is 64",
      field: "user_id",
    },
  ],
];

/** Headers of a request that does not come from a program on this machine. */
const FOREIGN: [header: string, said: RegExp][] = [
  ["X-Forwarded-For: 127.0.0.1", /x-forwarded-for/],
  ["Forwarded: for=127.0.0.1", /forwarded/],
  ["X-Real-IP: 127.0.0.1", /x-real-ip/],
  ["Via: 1.1 proxy", /via/],
  ["Origin: https://example.com", /https:\/\/example\.com/],
  ["Origin: null", /null/],
  ["Host: example.com", /example\.com/],
  ["Host: localhost.example.com", /localhost\.example\.com/],
  ["Host: 127.0.0.1.example.com", /127\.0\.0\.1\.example\.com/],
];

for (const listener of ["deno", "node"]) testHttp(listener);

function testHttp(listener: string): void {
  const shared = sharedProgram({ APP_LISTENER: listener }, { isGuarded: true });

  test("GET /healthz and /readyz say that all is well", async ({ url }) => {
    const health = await fetch(`${url}/healthz`);
    assert.deepEqual([health.status, await health.text()], [200, "ok\n"]);
    const ready = await fetch(`${url}/readyz`);
    assert.deepEqual([ready.status, await ready.json()], [200, { ready: true }]);
  });

  Deno.test(`GET /readyz is 503 while Redis is away, and /healthz is not (${listener})`, async () => {
    await using redis = await RedisServer.start();
    await using program = await start(redis.env);
    const readyz = async () => {
      const response = await fetch(`${program.url}/readyz`);
      return [response.status, await response.json()];
    };
    await waitFor("it is ready", async () => (await readyz())[0] === 200);
    assert.deepEqual(await readyz(), [200, { ready: true }]);
    await redis.stop();
    assert.deepEqual(await readyz(), [503, { ready: false, reason: "Redis cannot be reached" }]);
    const health = await fetch(`${program.url}/healthz`);
    assert.deepEqual([health.status, await health.text()], [200, "ok\n"]);
    await redis.restart();
    await waitFor("it is ready again", async () => (await readyz())[0] === 200);
  });

  Deno.test(`who connects as soon as GET /readyz is 200 again stays connected (${listener})`, async () => {
    await using redis = await RedisServer.start();
    await using proxy = new TcpProxy(redis.port);
    await using program = await start({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
    const isReady = async () => (await readiness(program.url)).status === 200;
    for (let round = 0; round < 10; round++) {
      proxy.down();
      await waitFor("it is not ready", async () => !await isReady());
      proxy.up();
      while (!await isReady()); // not a moment later
      await using client = await TestClient.connectV2(program.webSocketUrl);
      await client.command("connect", { user_id: 123 });
      await client.command("subscribe", { room: "lobby" });
      await client.settled();
      assert.equal(client.closed, undefined);
    }
  });

  test("plain GET /ws is 426 and names the protocol", async ({ url }) => {
    const response = await fetch(`${url}/ws`);
    assert.equal(response.status, 426);
    assert.equal(response.headers.get("upgrade"), "websocket");
    assert.equal((await response.json()).code, "upgrade_required");
  });

  test("a WebSocket anywhere but at /ws is refused with 404", async ({ port }) => {
    const { status, body } = await rawRequest(port, [
      "GET /socket HTTP/1.1",
      "Host: 127.0.0.1",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]);
    assert.equal(status, 404);
    assert.equal(JSON.parse(body).code, "not_found");
  });

  test("a Host that is none is refused, and nothing of the request is logged", async (program) => {
    const upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
    for (const host of ["[", "x y", "127.0.0.1:abc", "%00", "@", "xn--", "1.2.3.4.5"]) {
      for (const path of ["/api/stats", "/sse?room=a&token=XXX", "/ws?token=XXX"]) {
        const lines = [`GET ${path} HTTP/1.1`, `Host: ${host}`];
        if (path.startsWith("/ws")) {
          lines.push(...upgrade, `Sec-WebSocket-Key: ${btoa("0".repeat(16))}`);
        }
        const { status } = await rawRequest(program.port, lines);
        assert.ok(status === 400 || status === 404, `${host} ${path}: ${status}`);
      }
    }
    const more = program.log.filter(({ level, logger }) =>
      level !== "info" && logger !== "notifyli.refused"
    );
    assert.deepEqual(more, []);
    assert.doesNotMatch(program.output, /XXX/);
  });

  test("the page's files have their type, a strict policy and their content", async ({ url }) => {
    for (const [path, type] of PAGE_TYPES) {
      const response = await fetch(url + path);
      const name = path === "/" ? "index.html" : path.slice(1);
      assert.equal(response.status, 200, path);
      assert.equal(await response.text(), await Deno.readTextFile(`${ROOT}static/${name}`), path);
      assert.equal(response.headers.get("content-type"), type);
      assert.equal(response.headers.get("cache-control"), "no-cache");
      assert.equal(response.headers.get("x-content-type-options"), "nosniff");
      assert.equal(response.headers.get("referrer-policy"), "no-referrer");
      assert.equal(response.headers.get("x-frame-options"), "DENY");
      const policy = response.headers.get("content-security-policy") ?? "";
      assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; /);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    }
  });

  test("a file that was not changed is 304", async ({ url }) => {
    const first = await fetch(`${url}/main.css`);
    const etag = first.headers.get("etag") ?? "";
    assert.ok((await first.text()).length > 0);
    for (const tags of [etag, `"other", ${etag}`, "*"]) {
      const again = await fetch(`${url}/main.css`, { headers: { "If-None-Match": tags } });
      assert.deepEqual([again.status, await again.text()], [304, ""], tags);
      assert.equal(again.headers.get("etag"), etag);
      assert.equal(again.headers.get("cache-control"), "no-cache");
    }
    const other = await fetch(`${url}/main.css`, { headers: { "If-None-Match": '"other"' } });
    assert.deepEqual([other.status, (await other.text()).length > 0], [200, true]);
    const html = await fetch(url);
    assert.notEqual(html.headers.get("etag"), etag);
    await html.body?.cancel();
  });

  test("a file is zipped for who accepts gzip, and only then", async ({ port }) => {
    const ask = (...headers: string[]) =>
      rawRequest(port, ["GET /main.css HTTP/1.1", "Host: 127.0.0.1", ...headers]);
    for (const accepted of ["gzip", "br, gzip;q=0.5", "deflate, GZIP ; q=1.0"]) {
      const { headers } = await ask(`Accept-Encoding: ${accepted}`);
      assert.equal(headers.get("content-encoding"), "gzip", accepted);
      assert.equal(headers.get("vary")?.toLowerCase(), "accept-encoding");
    }
    const css = await Deno.readTextFile(`${ROOT}static/main.css`);
    for (const refused of ["identity", "br", "gzip;q=0", "gzip; q=0.0, br", "notgzip"]) {
      const { headers, body } = await ask(`Accept-Encoding: ${refused}`);
      assert.equal(headers.get("content-encoding"), null, refused);
      assert.equal(body, css);
      assert.equal(headers.get("vary")?.toLowerCase(), "accept-encoding");
    }
    assert.equal((await ask()).body, css);
    // What was zipped is the file. `gzip` takes no other format, as curl would.
    const { stdout } = await new Deno.Command("sh", {
      args: [
        "-c",
        `curl -s -H "Accept-Encoding: gzip" http://127.0.0.1:${port}/main.css | gzip -d`,
      ],
    }).output();
    assert.equal(new TextDecoder().decode(stdout), css);
  });

  test("HEAD answers as GET does, without a body", async ({ port }) => {
    for (const path of ["/", "/main.css", "/healthz", "/config.json", "/nothing", "/ws"]) {
      const [head, get] = await Promise.all(
        ["HEAD", "GET"].map((method) =>
          rawRequest(port, [`${method} ${path} HTTP/1.1`, "Host: 127.0.0.1"])
        ),
      );
      assert.equal(head?.status, get?.status, path);
      assert.equal(head?.body, "", path);
      assert.equal(head?.headers.get("content-type"), get?.headers.get("content-type"), path);
      assert.equal(head?.headers.get("etag"), get?.headers.get("etag"), path);
    }
    const { headers } = await rawRequest(port, ["HEAD /main.css HTTP/1.1", "Host: 127.0.0.1"]);
    const { size } = await Deno.stat(`${ROOT}static/main.css`);
    assert.equal(headers.get("content-length"), String(size));
  });

  const METHODS: [method: string, path: string, allow: string][] = [
    ["POST", "/", "GET, HEAD"],
    ["PUT", "/main.js", "GET, HEAD"],
    ["DELETE", "/healthz", "GET, HEAD"],
    ["OPTIONS", "/config.json", "GET, HEAD"],
    ["POST", "/ws", "GET, HEAD"],
    ["GET", "/api/notifications", "POST, PUT"],
    ["HEAD", "/api/notifications", "POST, PUT"],
    ["DELETE", "/api/notifications", "POST, PUT"],
    ["GET", "/api/users/1/notifications", "POST, PUT"],
    ["POST", "/api/rooms/1/connections", "GET, HEAD"],
    ["PATCH", "/api/rooms/1/connections/2", "GET, DELETE, HEAD"],
    ["POST", "/api/stats", "GET, HEAD"],
  ];
  test("a wrong method is 405 and names the right ones", async ({ url }) => {
    for (const [method, path, allow] of METHODS) {
      const response = await fetch(url + path, { method });
      const text = await response.text();
      assert.equal(response.status, 405, `${method} ${path}`);
      assert.equal(response.headers.get("allow"), allow, `${method} ${path}`);
      assert.equal(response.headers.get("x-content-type-options"), "nosniff", `${method} ${path}`);
      if (method === "HEAD") continue;
      assert.deepEqual(JSON.parse(text), {
        code: "method_not_allowed",
        message: `Cannot ${method} ${path}: allowed is ${allow}`,
      });
    }
  });

  test("an unknown path is 404, whatever the method", async ({ url }) => {
    const paths = [
      "/nothing",
      "/api",
      "/api/",
      "/api/nothing",
      "/API/stats",
      "/index.htm",
      "/main.js/",
    ];
    for (const path of paths) {
      for (const method of ["GET", "POST", "DELETE"]) {
        const response = await fetch(url + path, { method });
        assert.equal(response.status, 404, `${method} ${path}`);
        assert.deepEqual(await response.json(), {
          code: "not_found",
          message: `There is nothing at ${path}`,
        });
        assert.equal(response.headers.get("x-content-type-options"), "nosniff");
      }
    }
  });

  test("a method that HTTP does not know does not upset the server", async ({ port, url }) => {
    for (const method of ["BREW", "CONNECT", "get", "TRACE"]) {
      const { status } = await rawRequest(port, [`${method} / HTTP/1.1`, "Host: 127.0.0.1"]);
      assert.ok([0, 400, 405].includes(status), `${method} is ${status}`); // 0: closed at once
    }
    assert.equal(await (await fetch(`${url}/healthz`)).text(), "ok\n");
  });

  test("no path leaves the page's folder", async ({ port }) => {
    const files = new Set<string>();
    for (const { name, isFile } of Deno.readDirSync(`${ROOT}static`)) {
      if (isFile && !name.startsWith(".")) {
        files.add(await Deno.readTextFile(`${ROOT}static/${name}`));
      }
    }
    for (const path of ESCAPES) {
      const { status, body } = await rawRequest(port, [`GET ${path} HTTP/1.1`, "Host: 127.0.0.1"]);
      // A listener may resolve `/static/../..` to `/` itself: then the page it is.
      if (status === 200) assert.ok(files.has(body), `${path} gave ${body.slice(0, 100)}`);
      else assert.ok(status >= 400 && status < 500, `${path} is ${status}`);
    }
  });

  test("POST /api/notifications sends a notification", async ({ url, webSocketUrl }) => {
    await using client = await TestClient.join(webSocketUrl, { user: 123, room: "/user/123" });
    const answer = await post(`${url}/api/notifications`, {
      user_id: 123,
      room: "/user/123",
      message: "Order shipped! ☃",
      from: "OrderSystem",
      timestamp: 1700000000,
    });
    const { id, ...rest } = answer.json;
    assert.deepEqual([answer.status, rest], [
      201,
      { user_id: 123, room: "/user/123", online: true },
    ]);
    const [frame] = await client.get("direct_message");
    assert.deepEqual(
      [frame?.["id"], frame?.["user_id"], frame?.["room"], frame?.["name"], frame?.["message"]],
      [id, 123, "/user/123", "OrderSystem", "Order shipped! ☃"],
    );
    assert.equal(frame?.["timestamp"], 1700000000);
  });

  test("POST /api/notifications for a user who is not there is queued", async (program) => {
    const { status, json } = await post(`${program.url}/api/notifications`, {
      user_id: "ann",
      room: "lobby",
      message: "Later",
    });
    assert.deepEqual([status, json["user_id"], json["online"]], [201, "ann", false]);
    await using client = await TestClient.join(program.webSocketUrl, {
      user: "ann",
      room: "lobby",
    });
    const [frame] = await client.get("direct_message");
    assert.deepEqual([frame?.["id"], frame?.["name"]], [json["id"], "system"]);
  });

  Deno.test(`POST /api/notifications without a room takes BOT_ROOM (${listener})`, async () => {
    await using program = await start({ BOT_ROOM: "news" });
    const api = `${program.url}/api/notifications`;
    for (const room of [undefined, null]) {
      assert.equal((await post(api, { user_id: 1, message: "Hi", room })).json["room"], "news");
    }
  });

  test("POST /api/notifications refuses a bad body and says why", async ({ url }) => {
    const stored = async () => (await (await fetch(`${url}/api/stats`)).json())["notifications"];
    const before = await stored();
    for (const [body, status, answer] of REFUSED) {
      const given = await post(`${url}/api/notifications`, body);
      assert.deepEqual([given.status, given.json], [status, answer], JSON.stringify(body));
    }
    assert.equal(await stored(), before);
  });

  test("POST /api/users/{id}/notifications takes a plain body as curl sends it", async (program) => {
    await using client = await TestClient.join(program.webSocketUrl, {
      user: 124,
      room: "/user/124",
    });
    const answer = await curl(
      "-d",
      "Backup done & dusted: 100%",
      `${program.url}/api/users/124/notifications`,
    );
    assert.deepEqual({ ...answer, id: "" }, {
      id: "",
      user_id: 124,
      room: "/user/124",
      online: true,
    });
    const [frame] = await client.get("direct_message");
    assert.deepEqual(
      [frame?.["message"], frame?.["name"], frame?.["id"]],
      ["Backup done & dusted: 100%", "system", answer["id"]],
    );
  });

  test("POST /api/users/{id}/notifications takes room and sender from query or headers", async (program) => {
    await using client = await TestClient.join(program.webSocketUrl, {
      user: "jö/1",
      room: "büro",
    });
    const api = `${program.url}/api/users/j%C3%B6%2F1/notifications`;
    await curl("-d", "one", `${api}?room=b%C3%BCro&from=Caf%C3%A9+1`);
    await curl("-d", "two", "-H", "X-Room: büro", "-H", "X-From: Café 2 ☕", api);
    await curl(
      "-d",
      "three",
      "-H",
      "X-Room: other",
      "-H",
      "X-From: other",
      `${api}?room=b%C3%BCro&from=3`,
    );
    assert.deepEqual(
      (await client.get("direct_message", 3)).map(({ message, name, user_id }) => [
        message,
        name,
        user_id,
      ]),
      [["one", "Café 1", "jö/1"], ["two", "Café 2 ☕", "jö/1"], ["three", "3", "jö/1"]],
    );
  });

  test("POST /api/users/{id}/notifications takes JSON, for that user alone", async (program) => {
    const { status, json } = await post(`${program.url}/api/users/5/notifications`, {
      user_id: 6,
      room: "lobby",
      message: "Hi",
      from: "Shop",
    });
    assert.deepEqual([status, json["user_id"], json["room"]], [201, 5, "lobby"]);
    await using client = await TestClient.join(program.webSocketUrl, { user: 5, room: "lobby" });
    assert.equal((await client.get("direct_message"))[0]?.["name"], "Shop");
  });

  test("POST /api/users/{id}/notifications refuses what is missing or wrong", async ({ url }) => {
    const api = `${url}/api/users/5/notifications`;
    const empty = await fetch(api, { method: "POST" });
    assert.deepEqual([empty.status, (await empty.json()).field], [400, "message"]);
    const broken = await post(api, "{");
    assert.deepEqual([broken.status, broken.json["code"]], [400, "invalid_json"]);
    const from = await fetch(`${api}?from=${"x".repeat(65)}`, { method: "POST", body: "Hi" });
    assert.deepEqual([from.status, (await from.json()).field], [413, "from"]);
    const user = await fetch(`${url}/api/users/a%0Ab/notifications`, {
      method: "POST",
      body: "Hi",
    });
    assert.deepEqual([user.status, (await user.json()).field], [400, "user_id"]);
  });

  Deno.test(`a body over APP_LIMIT_FRAME is 413 (${listener})`, async () => {
    await using program = await start({ APP_LIMIT_FRAME: "1000", APP_LIMIT_MESSAGE: "off" });
    const api = `${program.url}/api/users/1/notifications`;
    const bodies = () => ["x".repeat(1001), new Blob(["x".repeat(1001)]).stream()];
    for (const body of bodies()) {
      const response = await fetch(api, { method: "POST", body });
      assert.deepEqual([response.status, await response.json()], [413, {
        code: "too_long",
        message: "The body is too long: the limit is 1000 bytes",
      }]);
    }
    const response = await fetch(api, { method: "POST", body: "x".repeat(1000) });
    assert.equal(response.status, 201, await response.text());
  });

  test("GET room connections lists who is there", async ({ url, webSocketUrl }) => {
    const room = "/user/50% a?b#c";
    const api = `${url}/api/rooms/${encodeURIComponent(room)}/connections`;
    assert.deepEqual(await (await fetch(api)).json(), { room, connections: [] });
    await using _client = await TestClient.join(webSocketUrl, { user: 7, room, name: "Bob" });
    const { connections } = await (await fetch(api)).json();
    assert.equal(connections.length, 1);
    const [{ client_id, connected_at, ...rest }] = connections;
    assert.deepEqual(rest, { room, name: "Bob", user_id: 7 });
    assert.match(client_id, /^[\da-f]{16}$/);
    assert.ok(Math.abs(connected_at - Date.now() / 1000) < 60);
  });

  test("GET a user's connection is 404 while the user is not in the room", async (program) => {
    const api = `${program.url}/api/rooms/%2Fuser%2F7/connections/7`;
    const away = await fetch(api);
    assert.deepEqual([away.status, await away.json()], [404, {
      code: "not_found",
      message: 'User "7" is not in room "/user/7"',
    }]);
    const client = await TestClient.join(program.webSocketUrl, { user: "7", room: "/user/7" });
    const there = await fetch(api);
    const { user_id, room, name } = await there.json();
    assert.deepEqual([there.status, user_id, room, name], [200, 7, "/user/7", "7"]);
    await client.close();
    await waitFor("the user is gone", async () => {
      const { status, body } = await fetch(api);
      await body?.cancel();
      return status === 404;
    });
  });

  test("a path of percent-encoded junk is a 4xx", async ({ port, url }) => {
    const paths = [
      "/api/rooms/%FF/connections",
      "/api/rooms/%/connections",
      "/api/rooms/%C3%28/connections/1",
      "/api/rooms/1/connections/%E0%A4%A",
      "/api/rooms/%0A/connections",
      `/api/rooms/${"x".repeat(129)}/connections`,
      "/api/users/%FF/notifications",
      "/%FF",
      "/%",
    ];
    for (const path of paths) {
      const method = path.startsWith("/api/users") ? "POST" : "GET";
      const { status, body } = await rawRequest(port, [
        `${method} ${path} HTTP/1.1`,
        "Host: 127.0.0.1",
        "Content-Length: 0",
      ]);
      assert.ok(status >= 400 && status < 500, `${path} is ${status}: ${body}`);
    }
    const literal = await (await fetch(`${url}/api/rooms/%25FF/connections`)).json();
    assert.equal(literal.room, "%FF");
  });

  test("the API refuses a caller that is not a program of this machine", async ({ port }) => {
    const paths = ["GET /api/stats", "POST /api/notifications", "GET /api/nothing"];
    for (const [header, said] of FOREIGN) {
      for (const path of paths) {
        const host = header.startsWith("Host:") ? [] : [`Host: 127.0.0.1:${port}`];
        const { status, body } = await rawRequest(port, [
          `${path} HTTP/1.1`,
          ...host,
          header,
          "Content-Length: 0",
        ]);
        assert.equal(status, 403, `${path} with ${header} is ${status}`);
        const { code, message } = JSON.parse(body);
        assert.equal(code, header.startsWith("Host:") ? "host_denied" : "forbidden");
        assert.match(message, said);
      }
    }
  });

  test("the API answers by every name of this machine, and its own page", async ({ port }) => {
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, "[::1]", "127.1.2.3"]) {
      const lines = ["GET /api/stats HTTP/1.1", `Host: ${host}`];
      for (const more of [[], [`Origin: http://${host}`]]) {
        const { status, body } = await rawRequest(port, [...lines, ...more]);
        assert.equal(status, 200, `${host} ${more}: ${body}`);
      }
    }
  });

  Deno.test(`the API refuses another address, the page does not (${listener})`, async () => {
    await using program = await start({ APP_HOST: "0.0.0.0", APP_OPEN: "true" });
    const local = await fetch(`http://127.0.0.1:${program.port}/api/stats`);
    assert.equal(local.status, 200);
    await local.body?.cancel();
    for (const address of ownAddresses()) {
      const url = `http://${address}:${program.port}`;
      const refused = await fetch(`${url}/api/stats`);
      assert.deepEqual([refused.status, await refused.json()], [403, {
        code: "forbidden",
        message: `Cannot use the API from ${address} without a key: only from this machine`,
      }]);
      const page = await fetch(url);
      assert.equal(page.status, 200);
      await page.body?.cancel();
    }
  });

  Deno.test(`page, API and WebSocket are served over TLS (${listener})`, async () => {
    await using certificate = await Certificate.make();
    await using program = await start(certificate.env);
    assert.match(program.url, /^https:/);
    const ca = await Deno.readTextFile(certificate.cert);
    using client = Deno.createHttpClient({ caCerts: [ca] });

    const page = await fetch(program.url, { client });
    assert.equal(await page.text(), await Deno.readTextFile(`${ROOT}static/index.html`));

    await using socket = await SecureSocket.open(`${program.webSocketUrl}?user_id=1&room=r`, ca);
    const answer = await fetch(`${program.url}/api/users/1/notifications?room=r`, {
      client,
      method: "POST",
      body: "over TLS",
    });
    const { online } = await answer.json();
    assert.deepEqual([answer.status, online], [201, true]);
    const frame = await waitFor("the notification", () => socket.frames[0]);
    assert.equal(frame["message"], "over TLS");

    const plain = await rawRequest(program.port, ["GET / HTTP/1.1", "Host: 127.0.0.1"])
      .catch(() => ({ status: 0 })); // reset
    assert.ok([0, 400].includes(plain.status), `plain HTTP is ${plain.status}`);
  });

  function start(env: Env): Promise<Program> {
    return Program.start({ env: { ...env, APP_LISTENER: listener } });
  }

  function test(name: string, body: (program: Program) => Promise<void>): void {
    Deno.test(`${name} (${listener})`, () => body(shared()));
  }
}

/** POSTs JSON, or a text as if it were JSON. */
async function post(url: string, body: unknown): Promise<{ status: number; json: Json }> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, json: await response.json() };
}

/** Runs `curl` and reads the JSON it prints. */
async function curl(...args: string[]): Promise<Json> {
  const { stdout } = await new Deno.Command("curl", { args: ["-s", ...args] }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** IPv4 addresses of this machine that are no loopback; may be none. */
function ownAddresses(): string[] {
  return Deno.networkInterfaces()
    .filter(({ family, address }) => family === "IPv4" && !address.startsWith("127."))
    .map(({ address }) => address);
}

/** A WebSocket that trusts one certificate. */
class SecureSocket implements AsyncDisposable {
  readonly frames: Json[] = [];
  readonly #socket: WsClient;
  readonly #closed: Promise<void>;

  private constructor(url: string, ca: string) {
    this.#socket = new WsClient(url, { ca });
    this.#socket.on("message", (data) => this.frames.push(JSON.parse(String(data))));
    this.#closed = new Promise((resolve) => this.#socket.on("close", () => resolve()));
  }

  static async open(url: string, ca: string): Promise<SecureSocket> {
    const socket = new SecureSocket(url, ca);
    await new Promise((resolve, reject) => {
      socket.#socket.on("open", resolve).on("error", reject);
    });
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#closed;
  }
}
