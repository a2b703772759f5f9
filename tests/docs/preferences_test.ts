/** Executes what `docs/preferences.md` shows: its frames, its commands and its library calls. */
import assert from "node:assert/strict";
import { run, taskCommand } from "../support/command.ts";
import { matches } from "../support/frame_pattern.ts";
import { Manager } from "../support/manager.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/preferences.md`);

const blocks = new Map(
  [...PAGE.matchAll(/<!-- (example|example v2|answer): ([^>]+) -->\s+```\w*\n(.*?)```/gs)]
    .map(([, kind, name, text = ""]) => [`${kind}: ${name}`, text.trim()]),
);

Deno.test("docs/preferences.md: every block is executed, on each listener", async () => {
  assert.equal(blocks.size, PAGE.match(/```/g)!.length / 2);
  for (const APP_LISTENER of ["deno", "node"]) {
    await using program = await Program.start({ env: { APP_LISTENER, APP_KEY } });
    const { key } = await Manager.of(program);
    const clientOf = async (sub: string) =>
      await TestClient.connectWithToken(program.webSocketUrl, await connectionToken({ sub }));
    await using one = await clientOf("31");
    await follow(one, block("example v2: change"));
    await using two = await clientOf("32");
    await using phone = await clientOf("32");
    await follow(two, block("example v2: changed"), async () => {
      await phone.command("change_preferences", { kinds: { news: { in_app: false } } });
    });
    const env = {
      ...{ APP_PORT: String(program.port), APP_DATA_DIR: program.dataDir, APP_KEY, KEY: key },
      NO_COLOR: "1",
    };
    const shown = async (name: string, more: Record<string, string> = {}) => {
      const script = block(`example: ${name}`)
        .replaceAll("localhost:7000", `127.0.0.1:${program.port}`)
        .replaceAll("deno task kind", taskCommand("kind").join(" "))
        .replaceAll("curl ", "curl -fsS -w '\\n' ");
      const { code, stdout, stderr } = await run(["sh", "-e", "-c", script], {
        env: { ...env, ...more },
      });
      assert.equal(code, 0, stderr);
      return stdout.trim();
    };
    for (const name of ["quiet", "http", "kinds"]) {
      requireLike(await shown(name), block(`answer: ${name}`));
    }
    const answer = await fetch(`${program.url}/api/users/123/preferences`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const { unsubscribe } = await answer.json();
    assert.match(
      await shown("unsubscribe", { LINK: unsubscribe.order }),
      /no more mails of “Orders”/,
    );
  }
});

Deno.test("docs/preferences.md: library", async () => {
  await using program = await Program.start();
  const code = block("example: library").replace("localhost:7000", `127.0.0.1:${program.port}`);
  const args = ["eval", "--cached-only", "--ext=ts", `--config=${ROOT}deno.json`, code];
  const { code: failed, stdout, stderr } = await run([Deno.execPath(), ...args], {
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  });
  assert.equal(failed, 0, stderr);
  assert.equal(stdout.trim(), block("answer: library"));
});

/** Compares texts without their blanks, where `…` stands for anything. */
function requireLike(text: string, shown: string): void {
  const [found, wanted] = [text, shown].map((each) => each.replaceAll(/\s+/g, ""));
  const pattern = wanted!.split("…").map((part) => RegExp.escape(part)).join("[^]*?");
  assert.match(found!, new RegExp(`^${pattern}$`));
}

/** Sends what the example sends, and waits for what it shows. @param after runs once the last line was sent */
async function follow(
  client: TestClient,
  example: string,
  after: () => Promise<void> = async () => {},
): Promise<void> {
  const lines = example.split("\n");
  const last = lines.findLastIndex((line) => line.startsWith("> "));
  for (const [index, line] of lines.entries()) {
    const text = line.slice(2);
    if (line.startsWith("> ")) {
      client.sendRaw(text);
      continue;
    }
    await waitFor(
      `the answer ${text} (got ${JSON.stringify(client.frames)})`,
      () => client.frames.some((frame) => matches(frame, text)),
    );
    if (index === last + 1) await after();
  }
}

function block(name: string): string {
  return blocks.get(name) ?? assert.fail(name);
}
