/** Executes what `docs/presence.md` shows: its frames and its commands. */
import assert from "node:assert/strict";
import { MOST_DEVICES } from "../../lib/presence/part.ts";
import { MOST_WATCHED } from "../../lib/presence/wire.ts";
import { run } from "../support/command.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";
import { clientOf } from "../support/topics.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/presence.md`);

const blocks = new Map(
  [...PAGE.matchAll(/<!-- (example|example v2|answer): ([^>]+) -->\s+```\w+\n(.*?)```/gs)]
    .map(([, kind, name, text = ""]) => [`${kind}: ${name}`, text.trim().split("\n")]),
);

Deno.test("docs/presence.md: every block is executed", async () => {
  assert.equal(blocks.size, PAGE.match(/```/g)!.length / 2);
  await using program = await Program.start({ env: { APP_OFFLINE_SECONDS: "1" } });
  await using ann = await clientOf(program, 1);
  await using bob = await TestClient.connectV2(program.webSocketUrl);
  const [connect, connected, away, isAway] = block("example v2: connect");
  await exchange(bob, connect, connected);
  for (const contact of [1, 3]) await bob.command("contact", { user_id: contact });
  await using carl = await clientOf(program, 3);
  await carl.command("contact", { user_id: 1 });
  await carl.command("privacy", { show_online: false });
  await using _dora = await clientOf(program, 4);

  const [watch, seen, ...told] = block("example v2: watch");
  await exchange(ann, watch, seen);
  const script = block("example: http").join("\n")
    .replaceAll("localhost:7000", `127.0.0.1:${program.port}`)
    .replaceAll("curl ", "curl -fsS -w '\\n' ");
  const { code, stdout, stderr } = await run(["sh", "-e", "-c", script]);
  assert.equal(code, 0, stderr);
  assert.deepEqual(stdout.trim().split("\n"), block("answer: http"));

  await exchange(bob, away, isAway);
  await bob.close();
  const frames = await ann.get("user_presence", told.length);
  assert.deepEqual(frames.map(withoutTime), told.map((line) => withoutTime(received(line))));
});

Deno.test("docs/presence.md: its numbers are those of the code", () => {
  const text = PAGE.replaceAll(/\s+/g, " ");
  assert.ok(text.includes(`named themselves, ${MOST_DEVICES} at most`));
  assert.ok(text.includes(`A list has ${MOST_WATCHED} users at most`));
});

/** Sends a line of an example, and waits for what it shows. */
async function exchange(client: TestClient, sent = "", answer = ""): Promise<void> {
  assert.match(sent, /^> /);
  client.sendRaw(sent.slice(2));
  const wanted = received(answer);
  const reply = await waitFor(
    `the answer ${answer}`,
    () => client.frames.find(({ type, ref }) => type === "reply" && ref === wanted["ref"]),
  );
  assert.partialDeepStrictEqual(reply, wanted);
}

function received(line: string): Record<string, unknown> {
  assert.match(line, /^< /);
  return JSON.parse(line.slice(2));
}

/** The time when the example was written is another one. */
function withoutTime({ last_seen, ...frame }: Readonly<Record<string, unknown>>) {
  assert.equal(typeof last_seen, "number");
  return frame;
}

function block(name: string): readonly string[] {
  return blocks.get(name) ?? assert.fail(name);
}
