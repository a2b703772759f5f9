/** Ids of requests: in each answer, in each line of the log that is written for a request, and in the audit log. */
import assert from "node:assert/strict";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { PostgresServer } from "../support/postgres.ts";
import { RedisServer } from "../support/redis.ts";
import { APP_KEY } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const GIVEN = "order_12345-abc";

/** Each kind of answer. */
const ASKED: readonly [method: string, path: string, status: number, headers?: string[]][] = [
  ["GET", "/healthz", 200],
  ["HEAD", "/healthz", 200],
  ["GET", "/readyz", 200],
  ["GET", "/", 200],
  ["GET", "/notifyli.js", 200],
  ["GET", "/config.json", 200],
  ["GET", "/openapi.json", 200],
  ["GET", "/ws", 426],
  ["GET", "/nowhere", 404],
  ["GET", "/api/nowhere", 401],
  ["GET", "/api/stats", 401],
  ["POST", "/healthz", 405],
  ["GET", "/sse?room=1", 401],
  ["GET", "/files/abc", 401],
  ["GET", "/push/denied/nothing", 404],
  ["GET", "/admin", 308],
  ["GET", "/admin/api/stats", 403],
  ["OPTIONS", "/api/conversations", 204, [
    "Origin: http://127.0.0.1",
    "Access-Control-Request-Method: GET",
  ]],
  ["GET", "/ws", 101, upgrade()],
  ["GET", "/elsewhere", 404, upgrade()],
  ["GET", "/ws?token=wrong", 401, upgrade()],
];

function upgrade(): string[] {
  return [
    ...["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"],
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ];
}

for (const APP_LISTENER of ["deno", "node"]) {
  Deno.test(`each answer has the request's id (${APP_LISTENER})`, async () => {
    await using program = await Program.start({ env: { APP_LISTENER, APP_KEY } });
    const wrong: string[] = [];
    for (const [method, path, status, headers = []] of ASKED) {
      const ask = (id: string) =>
        headOf(program.port, [
          `${method} ${path} HTTP/1.1`,
          `Host: 127.0.0.1:${program.port}`,
          ...headers,
          ...(id === "" ? [] : [`X-Request-Id: ${id}`]),
        ]);
      const given = await ask(GIVEN);
      const what = `${method} ${path} ${given.status} ${given.id}`;
      if (given.status !== status || given.id !== GIVEN) wrong.push(`given: ${what}`);
      const made = new Set<string>();
      for (const id of ["", "short", "x".repeat(65), "with space", 'quo"te12345']) {
        const answer = await ask(id);
        if (!/^[\w-]{8,64}$/.test(answer.id) || answer.id === id) wrong.push(`${id}: ${what}`);
        made.add(answer.id);
      }
      if (made.size !== 5) wrong.push(`each is new: ${what}`);
    }
    assert.deepEqual(wrong, []);
  });

  Deno.test(`lines and audit records of a request have its id (${APP_LISTENER})`, async () => {
    await using redis = APP_LISTENER === "node" ? await RedisServer.start() : undefined;
    await using postgres = redis && await PostgresServer.start();
    await using program = await Program.start({
      env: { ...redis?.env, ...postgres?.env, APP_LISTENER, APP_KEY, APP_DEBUG: "true" },
    });
    const manager = await Manager.of(program);
    const call = async (method: string, path: string, id: string, key = manager.key) => {
      const response = await fetch(`${program.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, "x-request-id": id },
      });
      await response.body?.cancel();
      assert.equal(response.headers.get("x-request-id"), id);
      return response.status;
    };
    assert.equal(await call("POST", "/api/users/7/block", "block-user-7"), 200);
    const done = await program.line(({ action }) => action === "user.block");
    assert.equal(done["request"], "block-user-7");
    const records = await waitFor("it is kept", async () => {
      const { json } = await manager.call(program, "GET", "/audit");
      const found = (json["records"] as Record<string, unknown>[])
        .filter(({ action }) => action === "user.block");
      return found.length > 0 && found;
    });
    assert.deepEqual(records.map(({ request }) => request), ["block-user-7"]);

    assert.equal(await call("GET", "/api/stats", "wrong-key-1", "nk_wrong"), 401);
    const refused = await program.line(({ message }) => message.startsWith("refused GET"));
    assert.equal(refused["request"], "wrong-key-1");

    const { id } = await headOf(program.port, [
      "GET /ws HTTP/1.1",
      `Host: 127.0.0.1:${program.port}`,
      ...upgrade(),
      "X-Request-Id: the-socket-1",
    ]);
    assert.equal(id, "the-socket-1");
    const connected = await program.line(({ message, request }) =>
      / connected$/.test(message) && request === "the-socket-1"
    );
    // What the connection does later has the connection's id, and is done for no request.
    const gone = await program.line(({ message, client }) =>
      / is gone$/.test(message) && client === connected["client"]
    );
    assert.equal(gone["request"], undefined);
    // What happens for no request has none.
    const listens = program.log.find(({ message }) => message.includes("listens on"));
    assert.equal(listens?.["request"], undefined);
  });

  Deno.test(`each request has a line where that is switched on, and none else (${APP_LISTENER})`, async () => {
    await using program = await Program.start({ env: { APP_LISTENER } });
    const manager = await Manager.of(program);
    const ask = async (
      path: string,
      init: RequestInit & { headers?: Record<string, string> } = {},
    ) => {
      const headers = {
        authorization: `Bearer ${manager.key}`,
        "x-request-id": GIVEN,
        ...init.headers,
      };
      return (await (await fetch(program.url + path, { ...init, headers })).bytes()).length;
    };
    const lines = () =>
      program.log.filter(({ logger, request }) => logger === "notifyli.http" && request === GIVEN);
    await ask("/healthz");
    const levels = { "notifyli.http": "debug" };
    await manager.call(program, "PUT", "/log/levels", { levels });
    const stats = await ask("/api/stats");
    await ask("/api/users/secret-user/blocked?x=1", { method: "DELETE" });
    await ask("/api/users/secret-user/notifications", { method: "POST", body: "Hi" });
    const script = await ask("/notifyli.js");
    await ask("/healthz", { method: "HEAD" });
    await headOf(program.port, [
      ...["GET /ws HTTP/1.1", `Host: 127.0.0.1:${program.port}`],
      ...[...upgrade(), `X-Request-Id: ${GIVEN}`],
    ]);
    const stream = await fetch(`${program.url}/sse?user_id=1&room=1`, {
      headers: { "x-request-id": GIVEN },
    });
    await stream.body?.cancel();
    await waitFor("all have a line", () => lines().length >= 7);
    await manager.call(program, "PUT", "/log/levels", { levels: {} });
    await ask("/healthz");
    const told = lines().map(({ method, route, status, bytes }) => [method, route, status, bytes]);
    assert.deepEqual(told.slice(0, 2), [
      ["GET", "/api/stats", 200, stats],
      ["DELETE", "/api/*", 404, told[1]?.[3]],
    ]);
    assert.deepEqual(told[2]?.slice(0, 3), ["POST", "/api/users/:user/notifications", 201]);
    assert.deepEqual(told[3]?.slice(0, 3), ["GET", "/notifyli.js", 200]);
    assert.ok(
      Number(told[3]?.[3]) > 1000 && Number(told[3]?.[3]) < script,
      "as it was sent, compressed",
    );
    assert.deepEqual(told.slice(4), [
      ["HEAD", "/healthz", 200, 0],
      ["GET", "/ws", 101, undefined],
      ["GET", "/sse", 200, undefined],
    ]);
    assert.ok(lines().every(({ level, ms }) => level === "debug" && typeof ms === "number"));
    assert.ok(!JSON.stringify(lines()).includes("secret-user"));
  });
}

Deno.test("pages of other sites may read the id, and give one", async () => {
  const origin = "https://shop.example.com";
  await using program = await Program.start({ env: { APP_ALLOWED_ORIGINS: origin, APP_KEY } });
  for (const path of ["/api/conversations", "/notifyli.js", "/sse?room=1"]) {
    const response = await fetch(program.url + path, { headers: { origin } });
    await response.body?.cancel();
    const read = response.headers.get("access-control-expose-headers") ?? "";
    assert.ok(read.split(", ").includes("X-Request-Id"), `${path}: ${read}`);
  }
  const preflight = await fetch(`${program.url}/api/conversations`, {
    method: "OPTIONS",
    headers: {
      ...{ origin, "access-control-request-method": "GET" },
      "access-control-request-headers": "x-request-id",
    },
  });
  assert.match(preflight.headers.get("access-control-allow-headers") ?? "", /x-request-id/);
});

/** Sends the lines of a request, and reads no more than the head of the answer. */
async function headOf(
  port: number,
  lines: readonly string[],
): Promise<{ status: number; id: string }> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode([...lines, "", ""].join("\r\n")));
  const buffer = new Uint8Array(65536);
  let head = "";
  while (!head.includes("\r\n\r\n")) {
    const length = await connection.read(buffer);
    if (length === null) break;
    head += new TextDecoder().decode(buffer.subarray(0, length));
  }
  return {
    status: Number(head.split(" ")[1]),
    id: /\r\nx-request-id: ([^\r]*)/i.exec(head)?.[1] ?? "",
  };
}
