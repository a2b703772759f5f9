/** Paths as proxies and programs write them: slashes, a path in front of all others, rooms with a slash in the name. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { rawRequest } from "../support/raw_http.ts";
import { RawSocket, UPGRADE } from "../support/raw_socket.ts";
import { sharedProgram } from "../support/shared_program.ts";
import { TestClient } from "../support/test_client.ts";
import { testRefused } from "../support/settings.ts";
import { text } from "../support/wire_frame.ts";

testRefused(
  [
    "realtime",
    "/a b",
    "/a?b",
    "/../a",
    "/a//b",
    "//a",
    "/ws",
    "/api/",
    "/sse/x",
    "https://a",
    "/%41",
  ]
    .map((path) => ["APP_BASE_PATH", path, "a path such as /realtime"] as const),
);

/** What is answered at a path, without and with APP_BASE_PATH=/realtime. */
const PATHS: [path: string, status: number, withBase: number][] = [
  ["/", 200, 200],
  ["/healthz", 200, 200],
  ["/healthz/", 200, 200],
  ["/readyz/", 200, 200],
  ["/ws", 426, 426],
  ["/ws/", 426, 426],
  ["//ws", 426, 426],
  ["/api/stats/", 200, 200],
  ["/api/rooms/lobby/connections/", 200, 200],
  ["//api/stats?x=/", 200, 200],
  ["/index.html", 200, 200],
  ["/index.html/", 404, 404],
  ["/ws/ws", 404, 404],
  ["/realtime", 404, 308],
  ["/realtime?user_id=1", 404, 308],
  ["/realtime/", 404, 200],
  ["/realtime/main.js", 404, 200],
  ["/realtime/healthz", 404, 200],
  ["/realtime/ws", 404, 426],
  ["/realtime/ws/", 404, 426],
  ["//realtime/ws", 404, 426],
  ["/realtime//ws", 404, 404],
  ["/realtime/api/stats", 404, 200],
  ["/realtime/realtime/ws", 404, 404],
  ["/realtimes/ws", 404, 404],
  ["/Realtime/ws", 404, 404],
];

/** Where a WebSocket is taken. */
const SOCKETS: [path: string, isThere: boolean, withBase: boolean][] = [
  ["/ws", true, true],
  ["/ws/", true, true],
  ["//ws", true, true],
  ["/", true, true],
  ["/?user_id=1&room=lobby", true, true],
  ["/realtime/ws", false, true],
  ["/realtime/ws/", false, true],
  ["/realtime/", false, true],
  ["/realtime", false, true],
  ["/realtimes/ws", false, false],
  ["/index.html", false, false],
  ["/socket", false, false],
  ["/ws/1", false, false],
];

/** Rooms that a path may be wrong with once a proxy has decoded it, or encoded it once more. */
const ROOMS = [
  "/user/123",
  "a/b",
  "//",
  "a%2Fb",
  "%252F",
  "connections",
  "a b+c&d=e?f#g",
  "grün/☃",
  "../x",
];

for (const listener of ["deno", "node"]) {
  for (const base of ["", "/realtime/"]) {
    const shared = sharedProgram({ APP_LISTENER: listener, APP_BASE_PATH: base });
    const where = `${listener} listener, APP_BASE_PATH=${base}`;

    Deno.test(`${where}: what is at which path`, async () => {
      const { port } = shared();
      for (const [path, without, withBase] of PATHS) {
        const answer = await rawRequest(port, [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`]);
        assert.equal(answer.status, base === "" ? without : withBase, path);
        if (answer.status !== 308) continue;
        const leads = new URL(answer.headers.get("location") ?? "", `http://host${path}`);
        assert.equal(leads.href, `http://host${path.replace("/realtime", "/realtime/")}`);
      }
    });

    Deno.test(`${where}: where a WebSocket is, and a line in the log where none is`, async () => {
      const program = shared();
      for (const [path, without, withBase] of SOCKETS) {
        if (base === "" ? without : withBase) {
          using socket = await RawSocket.open(program.port, path);
          await socket.write(text('{"type":"ping"}'));
          const frame = await socket.read();
          assert.ok(typeof frame === "object", path);
          continue;
        }
        const lines = [
          `GET ${path} HTTP/1.1`,
          `Host: 127.0.0.1`,
          ...UPGRADE.trimEnd().split("\r\n"),
        ];
        const { status, body } = await rawRequest(program.port, lines);
        assert.equal(status, 404, path);
        assert.match(JSON.parse(body).message, /it is at \/ws$/);
        const shown = path.replace(/\/$/, "");
        await program.line((line) => line["path"] === shown);
        assert.equal(program.log.filter((line) => line["path"] === shown).length, 1, path);
      }
    });

    Deno.test(`${where}: a room may stand in the query in place of the path`, async () => {
      const { url, webSocketUrl } = shared();
      for (const room of ROOMS) {
        await using client = await TestClient.join(webSocketUrl, { user: "connections", room });
        const inQuery = `room=${encodeURIComponent(room)}`;
        const list = await (await fetch(`${url}/api/rooms/connections?${inQuery}`)).json();
        assert.equal(list.room, room);
        assert.deepEqual(list.connections.map(({ user_id }: { user_id: string }) => user_id), [
          "connections",
        ]);
        const one = await (await fetch(`${url}/api/rooms/connections/connections?${inQuery}`))
          .json();
        assert.equal(one.user_id, "connections", room);
        const missing = await fetch(`${url}/api/rooms/connections/7?${inQuery}`);
        assert.deepEqual([missing.status, (await missing.json()).code], [404, "not_found"]);
        const path = `${url}/api/rooms/${encodeURIComponent(room)}/connections`;
        assert.deepEqual((await (await fetch(path)).json()).connections, list.connections);
        assert.ok(client);
      }
      for (const query of ["?room=", `?room=${"x".repeat(129)}`, "?room=a%0Ab"]) {
        const response = await fetch(`${url}/api/rooms/connections${query}`);
        await response.body?.cancel();
        assert.ok([400, 404, 413].includes(response.status), query);
      }
      // Without a room in the query this is the room of that name, which only managers may ask for.
      const none = await fetch(`${url}/api/rooms/connections`);
      assert.deepEqual([none.status, (await none.json()).code], [401, "unauthorized"]);
      const twice = await fetch(`${url}/api/rooms/lobby/connections?room=lobby`);
      assert.deepEqual([twice.status, (await twice.json()).code], [404, "not_found"]);
    });
  }
}

Deno.test("a room in the query needs the same key as one in the path", async () => {
  await using program = await Program.start({ env: { APP_KEY: "k".repeat(32) } });
  for (const path of ["/api/rooms/connections?room=lobby", "/api/rooms/lobby/connections"]) {
    const response = await fetch(`${program.url}${path}`);
    assert.deepEqual([response.status, (await response.json()).code], [401, "unauthorized"]);
  }
});
