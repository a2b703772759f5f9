/** Executes what `docs/user-data.md` shows. */
import assert from "node:assert/strict";
import { run, taskCommand } from "../support/command.ts";
import { matches } from "../support/frame_pattern.ts";
import { Manager } from "../support/manager.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { APP_KEY } from "../support/tokens.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/user-data.md`);

const blocks = new Map(
  [...PAGE.matchAll(/<!-- (example|answer): ([^>]+) -->\s+```\w*\n(.*?)```/gs)]
    .map(([, kind, name, text = ""]) => [`${kind}: ${name}`, text.trim()]),
);

Deno.test("docs/user-data.md: every block is executed", async () => {
  assert.equal(blocks.size, PAGE.match(/```/g)!.length / 2);
  await using program = await Program.start({ env: { APP_KEY } });
  const manager = await Manager.of(program);
  const task = taskCommand("user").join(" ");
  const env = {
    APP_KEY,
    APP_PORT: String(program.port),
    APP_DATA_DIR: program.dataDir,
    KEY: manager.key,
  };
  for (const name of ["commands", "http"]) {
    await manager.done(program, "/users/123/notifications", { message: "Order shipped!" });
    await manager.call(program, "PUT", "/contacts/7?user_id=123", { name: "Bob" });
    const script = block(`example: ${name}`).replaceAll("deno task user", task)
      .replaceAll("localhost:7000", `127.0.0.1:${program.port}`).replaceAll("curl ", "curl -fsS ");
    const { code, stdout, stderr } = await run(["sh", "-e", "-c", `(${script}) 2>&1`], {
      cwd: program.dataDir,
      env,
    });
    assert.equal(code, 0, stdout + stderr);
    const lines = stdout.trim().split("\n");
    const shown = block(`answer: ${name}`).split("\n");
    assert.equal(lines.length, shown.length, stdout);
    for (const [index, line] of lines.entries()) {
      const expected = (shown[index] ?? "").replaceAll(/([{,:[]) (?=\S)| (?=})/g, "$1");
      if (name === "commands") assert.equal(line, shown[index]);
      else assert.ok(matches(JSON.parse(line), expected), `${line} is not ${expected}`);
    }
  }
});

function block(name: string): string {
  return blocks.get(name) ?? assert.fail(name);
}
