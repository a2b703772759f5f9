/** `docs/dashboard.md` as it is read: its command makes a key that opens the dashboard, and its views are those of the menu. */
import assert from "node:assert/strict";
import { run, taskCommand } from "../support/command.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { APP_KEY } from "../support/tokens.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/dashboard.md`);

Deno.test("docs/dashboard.md: its command makes a key that opens the dashboard", async () => {
  const [, command = ""] = /```sh\nnotifyli key (.*)\n```/.exec(PAGE) ?? [];
  await using program = await Program.start({ env: { APP_KEY } });
  const env = { APP_KEY, APP_PORT: String(program.port), APP_DATA_DIR: program.dataDir };
  const { code, stdout, stderr } = await run([...taskCommand("key"), ...command.split(" ")], {
    env,
  });
  assert.equal(code, 0, stderr);
  const [key] = /nk_\w{12}_\w{40}/.exec(stdout) ?? [];
  const signedIn = await fetch(`${program.url}/admin/session`, {
    method: "POST",
    headers: { origin: program.url, "x-notifyli-admin": "1" },
    body: JSON.stringify({ key }),
  });
  assert.equal(signedIn.status, 201, await signedIn.text());
});

Deno.test("docs/dashboard.md names every view of the menu", async () => {
  const menu = await Deno.readTextFile(`${ROOT}lib/dashboard/shell/views.tsx`);
  const titles = [...menu.matchAll(/title: "([^"]+)"/g)].map(([, title = ""]) => title);
  assert.ok(titles.length > 15);
  const named = [...PAGE.matchAll(/^\| ([A-Z][\w ,]+?) +\|/gm)].flatMap(([, names = ""]) =>
    names.split(", ")
  );
  assert.deepEqual(titles.filter((title) => !named.includes(title)), []);
});
