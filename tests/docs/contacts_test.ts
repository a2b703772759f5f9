/** Executes what `docs/contacts.md` shows: its frames and its commands. */
import assert from "node:assert/strict";
import { run } from "../support/command.ts";
import { matches } from "../support/frame_pattern.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import type { TestClient } from "../support/test_client.ts";
import { clientOf } from "../support/topics.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/contacts.md`);

const blocks = new Map(
  [...PAGE.matchAll(/<!-- (example|example v2|answer): ([^>]+) -->\s+```\w+\n(.*?)```/gs)]
    .map(([, kind, name, text = ""]) => [`${kind}: ${name}`, text.trim()]),
);

Deno.test("docs/contacts.md: every block is executed, on each listener", async () => {
  assert.equal(blocks.size, PAGE.match(/```/g)!.length / 2);
  for (const APP_LISTENER of ["deno", "node"]) {
    await using program = await Program.start({ env: { APP_LISTENER } });
    await using one = await clientOf(program, 31);
    await follow(one, block("example v2: contact"));
    await using two = await clientOf(program, 32);
    await using phone = await clientOf(program, 32);
    await follow(two, block("example v2: changed"), async () => {
      await phone.command("contact", { user_id: 2, name: "Bob" });
      await phone.command("contact", { user_id: 2, remove: true });
      await phone.command("privacy", { show_last_seen: false });
    });
    await using three = await clientOf(program, 33);
    await follow(three, block("example v2: privacy"));
    const script = block("example: http").replaceAll("localhost:7000", `127.0.0.1:${program.port}`)
      .replaceAll("curl ", "curl -fsS -w '\\n' ");
    const { code, stdout, stderr } = await run(["sh", "-e", "-c", script]);
    assert.equal(code, 0, stderr);
    const answers = stdout.trim().split("\n").filter((line) => line !== "").map((line) =>
      JSON.parse(line)
    );
    const shown = block("answer: http").split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(answers, shown);
  }
});

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
