/** HTTP from clients that mean harm, on both listeners: requests that cheat, other sites' pages, logs and answers that would tell. */
import assert from "node:assert/strict";
import { MemoryWatch } from "../support/memory.ts";
import { Program, useOwnProcesses } from "../support/program.ts";
import { rawRequest } from "../support/raw_http.ts";
import { UPGRADE } from "../support/raw_socket.ts";
import { TestClient } from "../support/test_client.ts";
import { answers } from "./http_case.ts";
import { HTTP_CASES } from "./http_cases.ts";

useOwnProcesses(); // their memory is looked at

const MESSAGE = "the text that is nobody's business";
/** Escape sequences, line breaks of every kind, and a line that looks like one of the log's. */
const FORGED = '\x1b[2J\x1b]0;owned\x07\r\n{"level":"error","message":"forged"}\n\u2028\u0085';

for (const listener of ["deno", "node"] as const) {
  const start = (env: Record<string, string> = {}) =>
    Program.start({ env: { APP_LISTENER: listener, ...env } });

  Deno.test(`${listener} listener: no request hides another one in it`, async () => {
    await using program = await start();
    using memory = new MemoryWatch(program.pid);
    const got = await Promise.all(HTTP_CASES.map(async ({ name, send, expect }) => [
      name,
      (await answers(program.port, { send, expect: expect[listener] })).join(" "),
    ]));
    assert.deepEqual(got, HTTP_CASES.map(({ name, expect }) => [name, expect[listener].join(" ")]));
    assert.ok(memory.grown < 64, `memory grew by ${memory.grown} MiB`);
    assertUnharmed(program);
  });

  Deno.test(`${listener} listener: another site's page opens neither socket nor stream`, async () => {
    await using program = await start();
    const host = `Host: 127.0.0.1:${program.port}`;
    for (
      const origin of [
        ...["https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1", "file://"],
        ...[`http://127.0.0.1:${program.port}.evil.example`],
        ...[`http://evil@127.0.0.1:${program.port}`, `http://127.0.0.1:${program.port}/`],
      ]
    ) {
      const upgrade = UPGRADE.trimEnd().split("\r\n").filter((line) =>
        line !== "Connection: Upgrade"
      );
      for (
        const lines of [
          ["GET /ws HTTP/1.1", host, ...upgrade, "Connection: Upgrade", `Origin: ${origin}`],
          ["GET /sse?user_id=1 HTTP/1.1", host, `Origin: ${origin}`],
          ["POST /sse/abc HTTP/1.1", host, `Origin: ${origin}`, "Content-Length: 0"],
          ["POST /api/notifications HTTP/1.1", host, `Origin: ${origin}`, "Content-Length: 0"],
        ]
      ) {
        const { status } = await rawRequest(program.port, lines);
        assert.equal(status, 403, `${lines[0]} from ${origin}`);
      }
    }
    assertUnharmed(program);
  });

  Deno.test(`${listener} listener: names forge no header, no answer and no line of the log`, async () => {
    await using program = await start({ APP_DEBUG: "true" });
    await using client = await TestClient.connect(program.webSocketUrl);
    for (const field of ["type", "user_id", "room", "name", "id", "message"]) {
      const good = { type: "usermsg", user_id: 1, room: "lobby", message: MESSAGE };
      client.send({ ...good, [field]: FORGED });
    }
    client.sendRaw(FORGED);
    await client.settled();
    for (const field of ["user_id", "room", "from", "id", "deliver_at"]) {
      const body = JSON.stringify({ user_id: 1, message: MESSAGE, [field]: FORGED });
      const answer = await call(program, "/api/notifications", { method: "POST", body });
      assert.equal(answer.status, 400, field);
    }
    const inPath = encodeURIComponent(FORGED);
    for (
      const path of [
        `/api/users/${inPath}/notifications?room=${inPath}&from=${inPath}`,
        `/api/rooms/${inPath}/connections`,
        `/api/notifications/${inPath}`,
        `/sse?user_id=${inPath}&room=${inPath}&name=${inPath}`,
        `/${inPath}`,
      ]
    ) {
      for (const method of ["GET", "POST"]) {
        const answer = await call(program, path, {
          method,
          ...(method === "POST" ? { body: "x" } : {}),
        });
        assert.ok(
          answer.status >= 400 && answer.status < 500,
          `${method} ${path} ${answer.status}`,
        );
        assert.equal(answer.headers.get("set-cookie"), null);
        // Those from U+0080 on are nothing special in JSON.
        assert.doesNotMatch(answer.text.trimEnd(), /[^\P{Cc}\u0080-\u009f]/u);
      }
    }
    const injected = await rawRequest(program.port, [
      ...["GET /a%0d%0aSet-Cookie:%20a=b HTTP/1.1", `Host: 127.0.0.1:${program.port}`],
    ]);
    assert.equal(injected.status, 404);
    assert.equal(injected.headers.get("set-cookie"), null);
    assert.doesNotMatch(program.output, /[^\P{Cc}\n]|[\u2028\u2029]/u);
    assert.equal(program.log.some(({ message }) => message === "forged"), false);
    assert.equal(program.output.includes(MESSAGE), false);
    assertUnharmed(program);
  });
}

async function call(program: Program, path: string, init: RequestInit) {
  const response = await fetch(`${program.url}${path}`, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** No line of standard error is anything but the log's, and none of these is a failure. */
function assertUnharmed(program: Program): void {
  assert.deepEqual(program.errors, []);
  assert.deepEqual(program.log.filter(({ level }) => level === "error"), []);
}
