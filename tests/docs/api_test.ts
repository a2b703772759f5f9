/** Executes what `docs/api.md` shows. */
import assert from "node:assert/strict";
import { Manager } from "../support/manager.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { APP_KEY } from "../support/tokens.ts";
import { run } from "../support/command.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/api.md`);

const blocks = new Map(
  [...PAGE.matchAll(/<!-- (example|answer): ([^>]+) -->\s+```\w*\n(.*?)```/gs)]
    .map(([, kind, name, text = ""]) => [`${kind}: ${name}`, text.trim()]),
);

Deno.test("docs/api.md: every block is executed", async () => {
  assert.equal(blocks.size, PAGE.match(/```/g)!.length / 2);
  await using program = await Program.start({ env: { APP_KEY } });
  const { key } = await Manager.of(program);
  const shown = await fetch(`${program.url}/openapi.json`);
  assert.match(blocks.get("example: curl")!, /^curl http:\/\/localhost:7000\/openapi\.json$/);
  assert.equal((await shown.json()).openapi, "3.1.0");
  const code = blocks.get("example: typescript")!
    .replace("@notifyli/notifyli/api", `file://${ROOT}lib/api/notifyli_api.ts`)
    .replace("http://localhost:7000", program.url);
  const path = `${program.dataDir}/example.ts`;
  await Deno.writeTextFile(path, code);
  const { stdout, stderr, ...ended } = await run(
    [Deno.execPath(), "run", "--cached-only", "--check", "--allow-net", "--allow-env", path],
    { env: { KEY: key } },
  );
  assert.equal(ended.code, 0, stderr);
  assert.equal(stdout.trim(), blocks.get("answer: typescript"));
});
