/** Executes every example of `docs/protocol.md`, and checks its tables against the code. */
import assert from "node:assert/strict";
import { DISCONNECTS, ERRORS, mayReconnect } from "../lib/errors.ts";
import { ROOT } from "./support/paths.ts";
import { Program } from "./support/program.ts";
import { type Frame, TestClient } from "./support/test_client.ts";
import { waitFor } from "./support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/protocol.md`);

/** What must have happened before an example, other than by its own client. */
const SCENES: Readonly<Record<string, (program: Program, client: TestClient) => Promise<void>>> = {
  async "join and leave"(program, client) {
    client.send({ type: "keepalive", user_id: 123, room: "lobby", name: "Alice" });
    client.send({ type: "presence", room: "lobby" });
    await client.get("presence");
    const bob = await TestClient.join(program.webSocketUrl, {
      user: 7,
      room: "lobby",
      name: "Bob",
    });
    await bob.close();
  },
  async direct_message(program, client) {
    client.send({ type: "keepalive", user_id: 123, room: "/user/123", name: "Alice" });
    await client.settled();
    const response = await fetch(`${program.url}/api/users/123/notifications?from=OrderSystem`, {
      method: "POST",
      body: "Order shipped!",
    });
    assert.equal((await response.json()).online, true);
  },
};

const examples = [...PAGE.matchAll(/<!-- example: (.+) -->\s+```json\n([^`]+)```/g)]
  .map(([, name = "", lines = ""]) => ({ name, lines: lines.trim().split("\n") }));

Deno.test("docs/protocol.md: every JSON block is an example that is executed", () => {
  assert.equal(examples.length, PAGE.match(/```json/g)?.length);
  assert.ok(examples.length > 8);
});

for (const listener of ["deno", "node"]) {
  for (const { name, lines } of examples) {
    Deno.test(`docs/protocol.md on the ${listener} listener: ${name}`, async () => {
      await using program = await Program.start({ env: { APP_LISTENER: listener } });
      await using client = await TestClient.connect(program.webSocketUrl);
      await SCENES[name]?.(program, client);
      for (const line of lines) if (line.startsWith("> ")) client.sendRaw(line.slice(2));
      const expected = lines.filter((line) => line.startsWith("< ")).map((line) => line.slice(2));
      await client.settled();
      await waitFor(
        `the answers ${expected} (got ${JSON.stringify(client.frames)})`,
        () => expected.every((text) => client.frames.some((frame) => matches(frame, text))),
      );
    });
  }
}

Deno.test("docs/protocol.md: the error codes are those of the code", () => {
  const rows = Object.entries(ERRORS).map((
    [code, { meaning, status, temporary }],
  ) => [`\`${code}\``, meaning, String(status), temporary ? "yes" : "no"]);
  assert.deepEqual(table("error codes"), rows);
});

Deno.test("docs/protocol.md: the disconnect codes are those of the code", () => {
  const rows = Object.values(DISCONNECTS).map((
    { code, reason },
  ) => [String(code), reason, mayReconnect(code) ? "yes" : "no"]);
  assert.deepEqual(table("disconnect codes"), rows);
});

/** Whether the frame is, field by field and in order, what the text says; `…` stands for any value. */
function matches(frame: Frame, text: string): boolean {
  const pattern = text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll('"…"', '"[^"]+"').replaceAll("…", "\\d+");
  return new RegExp(`^${pattern}$`).test(JSON.stringify(frame));
}

/** The cells of the table below a mark. */
function table(name: string): string[][] {
  const lines = PAGE.split(`<!-- table: ${name} -->`)[1]?.trim().split("\n") ?? [];
  const rows = lines.slice(2, lines.findIndex((line) => !line.startsWith("|")));
  return rows.map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()));
}
