/** Executes the examples of `docs/client.md`: one in Chromium, from the server's own `/notifyli.js`, one in Deno. */
import assert from "node:assert/strict";
import { openContext, OPTIONS } from "../support/browser.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/client.md`);

const examples = new Map(
  [...PAGE.matchAll(/<!-- example: (.+) -->\s+```\w+\n([^`]*(?:`[^`][^`]*)*)```/g)]
    .map(([, name = "", code = ""]) => [name, code]),
);

Deno.test("docs/client.md: every block is an example that is executed", () => {
  assert.deepEqual([...examples.keys()], ["browser", "room", "data"]);
  assert.equal(PAGE.match(/^```\w+$/gm)?.length, examples.size);
});

Deno.test(
  "docs/client.md: browser",
  OPTIONS,
  async () => {
    await using program = await Program.start();
    await using context = await openContext();
    const page = await context.newPage();
    const lines: string[] = [];
    page.on("console", (line) => lines.push(line.text()));
    await page.route(
      "**/shop.html",
      (route) => route.fulfill({ contentType: "text/html", body: examples.get("browser") ?? "" }),
    );
    await page.goto(`${program.url}/shop.html`);
    const url = `${program.url}/api/users/123/notifications`;
    await waitFor("it is connected", async () => {
      const response = await fetch(`${program.url}/api/stats`);
      return (await response.json()).users === 1;
    });
    const response = await fetch(url, { method: "POST", body: "Your order has shipped" });
    await response.body?.cancel();
    await waitFor("the notification is logged", () => lines.includes("Your order has shipped"));
    await page.waitForFunction("document.title === '(1) Shop'");
  },
);

Deno.test("docs/client.md: room", async () => {
  const lines = await linesOf("room");
  assert.match(lines.join("\n"), /^sent as [\w-]+$/m);
  assert.ok(lines.includes("Alice: Hello!"), lines.join("\n"));
});

Deno.test("docs/client.md: data", async () => {
  const lines = await linesOf("data");
  assert.deepEqual(lines, ['{ move: "e2e4" }']);
});

/** Runs an example in Deno, and takes what it prints. */
async function linesOf(example: string): Promise<string[]> {
  await using program = await Program.start();
  const code = (examples.get(example) ?? "").replace(
    "ws://localhost:7000",
    program.url.replace("http", "ws"),
  );
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--cached-only", "--ext=ts", `--config=${ROOT}deno.json`, code],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim().split("\n");
}
