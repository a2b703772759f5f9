/** Executes every example of `docs/questions.md`. */
import assert from "node:assert/strict";
import { parseEnv } from "node:util";
import { readConfig } from "../../lib/configuration.ts";
import { run } from "../support/command.ts";
import { freePort } from "../support/free_port.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { SECRET } from "../support/receiver.ts";
import { Script } from "../support/script.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/questions.md`);

const blocks = new Map(
  [...PAGE.matchAll(/<!-- example: (.+) -->\s+```\w+\n([^`]+)```/g)]
    .map(([, name = "", code = ""]) => [name, code]),
);

/** What runs each endpoint, given a file with its code and a port. */
const ENDPOINTS: Readonly<Record<string, (file: string, port: string) => string[]>> = {
  "Node.js": (file) => ["node", file],
  "PHP": (file, port) => ["php", "-S", `127.0.0.1:${port}`, file],
  "Python": (file) => ["python3", file],
};

Deno.test("docs/questions.md: every block is one that is executed", () => {
  assert.equal(blocks.size, PAGE.match(/^```\w+$/gm)?.length);
  assert.deepEqual([...blocks.keys()].sort(), [...Object.keys(ENDPOINTS), "settings"].sort());
});

Deno.test("docs/questions.md: settings", async () => {
  const folder = await Deno.makeTempDir();
  const { code, stderr } = await run(["sh", "-ec", block("settings")], { cwd: folder });
  assert.equal(code, 0, stderr);
  const { config } = readConfig(parseEnv(await Deno.readTextFile(`${folder}/.env`)));
  assert.deepEqual(config.asks.http?.kinds, ["connect", "enter", "say"]);
  assert.equal(config.auth.asksWho, true);
  await Deno.remove(folder, { recursive: true });
});

for (const [name, command] of Object.entries(ENDPOINTS)) {
  Deno.test(`docs/questions.md: ${name}`, async () => {
    const port = String(freePort());
    const file = await Deno.makeTempFile({ suffix: name === "PHP" ? ".php" : "" });
    await Deno.writeTextFile(file, block(name).replace("8080", port));
    const url = `http://127.0.0.1:${port}/ask`;
    await using _endpoint = new Script(command(file, port), {
      env: { HOOK_ASK_SECRET: SECRET },
      isQuiet: true,
    });
    await waitFor("it refuses what is not signed", () => isRefused(url));
    await using program = await Program.start({
      env: {
        HOOK_ASK_URL: url,
        HOOK_ASK_SECRET: SECRET,
        HOOK_ASK: "connect,enter,say",
        APP_OUTGOING_PRIVATE_IPS: "127.0.0.1",
      },
    });
    await using wrong = await TestClient.connectV2(program.webSocketUrl);
    await assert.rejects(
      wrong.command("auth", { credentials: { session: "of-nobody" } }),
      /forbidden: Sign in again$/,
    );
    await using alice = await TestClient.connectV2(program.webSocketUrl);
    await alice.command("auth", { credentials: { session: "of-123" } });
    await alice.command("connect");
    await alice.command("subscribe", { room: "board" });
    for (const message of ["damn", "Hello"]) {
      await alice.command("publish", { room: "board", message });
    }
    const said = await alice.get("usermsg", 2);
    assert.deepEqual(said.map(({ name, message }) => `${name}: ${message}`), [
      "Alice: ****",
      "Alice: Hello",
    ]);
    await Deno.remove(file);
  });
}

function block(name: string): string {
  return blocks.get(name) ?? assert.fail(`no block ${name}`);
}

async function isRefused(url: string): Promise<boolean> {
  const response = await fetch(url, { method: "POST", body: "{}" });
  await response.body?.cancel();
  return response.status === 401;
}
