/** Executes what `docs/admin-api.md` shows. */
import assert from "node:assert/strict";
import { run, taskCommand } from "../support/command.ts";
import { Manager } from "../support/manager.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/admin-api.md`);

const blocks = new Map(
  [...PAGE.matchAll(/<!-- (example|answer): ([^>]+) -->\s+```\w*\n(.*?)```/gs)]
    .map(([, kind, name, text = ""]) => [`${kind}: ${name}`, text.trim()]),
);

let client: TestClient | undefined;

/** What happens before an example. */
const BEFORE: Readonly<
  Record<string, (program: Program, manager: Manager) => Promise<void> | undefined>
> = {
  live: async (program, manager) => {
    client = await TestClient.connectWithToken(
      program.webSocketUrl,
      await connectionToken({ sub: "123", topics: ["orders"] }),
    );
    await client.command("subscribe", { topic: "orders" });
    await client.command("subscribe", { room: "lobby" });
    await client.command("publish", { room: "lobby", message: "Hello!" });
    await assert.rejects(client.command("subscribe", { room: "" }));
    await manager.done(program, "/conversations?user_id=123", { kind: "private", members: [7] });
    await manager.done(program, "/notifications", { user_id: 123, message: "Order shipped!" });
  },
  audit: async (program, manager) => void await manager.done(program, "/users/7/block"),
  scheduled: async (program, manager) => {
    const later = { user_id: 7, message: "x", title: "Tomorrow", deliver_at: "tomorrow 9:00" };
    await manager.done(program, "/notifications", later);
  },
  timeline: async (program, manager) =>
    void await manager.done(program, "/notifications", {
      user_id: 8,
      message: "x",
      id: "order-12345",
    }),
  nodes: async (program, manager) => {
    await waitFor("it is ready", async () => {
      const { json } = await manager.call(program, "GET", "/nodes");
      return (json["nodes"] as { ready: boolean }[])[0]?.ready;
    });
  },
};

Deno.test("docs/admin-api.md: every block is executed", async () => {
  assert.equal(blocks.size, PAGE.match(/```/g)!.length / 2);
  await using program = await Program.start({ env: { APP_KEY } });
  const manager = await Manager.of(program);
  for (const [name, text] of blocks) {
    if (name.startsWith("answer")) continue;
    const about = name.replace("example: ", "");
    await BEFORE[about]?.(program, manager);
    const script = text.replaceAll("localhost:7000", `127.0.0.1:${program.port}`)
      .replaceAll(
        /deno task (top|trace|drain)/g,
        (_, name) => taskCommand(name as "top" | "trace" | "drain").join(" "),
      )
      .replaceAll("curl ", "curl -fsS -w '\\n' ");
    const { code, stdout, stderr } = await run(["sh", "-e", "-c", `(${script}) 2>&1`], {
      cwd: program.dataDir,
      env: {
        ...{ KEY: manager.key, APP_KEY, APP_PORT: String(program.port) },
        APP_DATA_DIR: program.dataDir,
      },
    });
    assert.equal(code, 0, `${about}: ${stdout}${stderr}`);
    const shown = blocks.get(`answer: ${about}`);
    if (shown === undefined) continue;
    const lines = stdout.split("\n").filter((line) => line.trim() !== "");
    const answers = lines.map((line) => JSON.parse(line));
    const expected = JSON.parse(`[${shown.replaceAll(/(?<!")…(?!")/g, '"…"')}]`);
    assert.ok(fits(answers, expected), `${about}: ${stdout}`);
  }
  await client?.close();
  await program.line(({ message }) => message === "stopped");
});

/** Whether a value is as the page shows it, where `…` stands for any value, and a list with it for any list. */
function fits(value: unknown, shown: unknown): boolean {
  if (shown === "…") return value !== undefined;
  if (Array.isArray(shown)) {
    if (!Array.isArray(value)) return false;
    if (shown.length === 1 && shown[0] === "…") return value.length > 0;
    return value.length === shown.length && shown.every((each, at) => fits(value[at], each));
  }
  if (typeof shown !== "object" || shown === null) return value === shown;
  if (typeof value !== "object" || value === null) return false;
  const names = Object.keys(shown);
  return Object.keys(value).join() === names.join() &&
    names.every((name) =>
      fits((value as Record<string, unknown>)[name], (shown as Record<string, unknown>)[name])
    );
}
