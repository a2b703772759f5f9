/** Executes every example of `docs/revocation.md`, as printed there but for the port, and holds what it says to the code. */
import assert from "node:assert/strict";
import { DISCONNECTS, ERRORS } from "../../lib/base/errors.ts";
import { run } from "../support/command.ts";
import { Manager } from "../support/manager.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/revocation.md`);

const blocks = new Map(
  [...PAGE.matchAll(/<!-- (example: .+|answer: .+) -->\s+```\w+\n([^`]+)```/g)]
    .map(([, name = "", code = ""]) => [name, code]),
);

Deno.test("docs/revocation.md: every block is an example that is executed", () => {
  assert.deepEqual([...blocks.keys()], [
    ...["example: revoke", "answer: revoke", "example: disconnect"],
    ...["example: block", "answer: block"],
  ]);
  assert.equal(PAGE.match(/^```\w+$/gm)?.length, blocks.size);
});

for (const name of ["revoke", "disconnect", "block"]) {
  Deno.test(`docs/revocation.md: ${name}`, async () => {
    await using program = await Program.start();
    const { key: KEY } = await Manager.of(program);
    const code = (blocks.get(`example: ${name}`) ?? "exit 1")
      .replaceAll("http://localhost:7000", program.url)
      // Each answer on a line of its own, and the status of those without one.
      .replaceAll("curl ", "curl -sS --fail-with-body -w '\\n%{http_code}\\n' ");
    const { code: exit, stdout, stderr } = await run(["sh", "-ec", code], { env: { KEY } });
    assert.equal(exit, 0, stdout + stderr);
    const lines = stdout.trim().split("\n");
    assert.equal(lines.filter((line) => line === "204").length, name === "revoke" ? 0 : 1);
    const answers = lines.filter((line) => line.startsWith("{"));
    const printed = blocks.get(`answer: ${name}`)?.trim().split("\n") ?? [];
    assert.equal(answers.length, printed.length);
    for (const [index, text] of printed.entries()) {
      const pattern = text.replace(/[{}[\]]/g, "\\$&").replaceAll(/ *… */g, ".+")
        .replaceAll(/([{,:[\\]) | (?=\\?})/g, "$1");
      assert.match(answers[index] ?? "", new RegExp(`^${pattern}$`));
    }
  });
}

Deno.test("docs/revocation.md: its codes are those of the code", () => {
  const rows = [...PAGE.matchAll(/^\| (3\d{3}) \| .*? \| *(?:(\d+) `(\w+)`)? *\|/gm)];
  assert.equal(rows.length, 3);
  const known = Object.values(DISCONNECTS).map(({ code }) => code) as number[];
  for (const [, code, status, error] of rows) {
    assert.ok(known.includes(Number(code)), `there is no ${code}`);
    if (error !== undefined) {
      assert.equal(ERRORS[error as keyof typeof ERRORS].status, Number(status));
    }
  }
});
