/** Executes what `docs/conversations.md` shows, and the examples of conversations in `docs/protocol.md`. */
import assert from "node:assert/strict";
import { type Caller, listening, userOf } from "../support/chat.ts";
import { run, taskCommand } from "../support/command.ts";
import { EventStream } from "../support/event_stream.ts";
import { patternOf } from "../support/frame_pattern.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { APP_KEY } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/conversations.md`);
const PROTOCOL = await Deno.readTextFile(`${ROOT}docs/protocol.md`);

const blocks = new Map(
  [...PAGE.matchAll(/<!-- ((?:example|answer): [^>]+) -->\s+```\w+\n(.*?)```/gs)]
    .map(([, name, text = ""]) => [name, text.trim()]),
);

for (const listener of ["deno", "node"]) {
  Deno.test(`docs/protocol.md: conversations, on the ${listener} listener`, async () => {
    const examples = [...PROTOCOL.matchAll(/<!-- example chat: .+ -->\s+```json\n([^`]+)```/g)]
      .map(([, lines = ""]) => lines.trim().split("\n"));
    assert.ok(examples.length >= 6);
    await using program = await Program.start({ env: { APP_KEY, APP_LISTENER: listener } });
    const [alice, bob] = [
      await userOf(program, 1, { name: "Alice" }),
      await userOf(program, 2, { name: "Bob" }),
    ];
    await using his = await listening(bob);
    await using hers = await TestClient.connectWithToken(program.webSocketUrl, alice.bearer);
    for (const line of examples.flat()) {
      const [, who, mark, text = ""] = /^(Bob)?([<>]) (.+)$/.exec(line) ?? assert.fail(line);
      const client = who === "Bob" ? his : hers;
      if (mark === ">") client.sendRaw(text.replace("EPOCH", await epochOf(alice, text)));
      else await shows(client.frames, text);
    }
  });

  Deno.test(`docs/conversations.md: over HTTP and as a stream, on the ${listener} listener`, async () => {
    assert.equal(blocks.size, PAGE.match(/```/g)!.length / 2, "every block is executed");
    await using program = await Program.start({ env: { APP_KEY, APP_LISTENER: listener } });
    const bob = await userOf(program, 2, { name: "Bob" });
    await using stream = await EventStream.open(`${program.url}/sse?conversations=1`, "", {
      authorization: `Bearer ${bob.bearer}`,
    });
    await stream.get("conversations");
    const env = { APP_KEY, APP_PORT: String(program.port), APP_DATA_DIR: program.dataDir };
    const TOKEN = (await execute(program, "token", env)).trim();
    const answers = linesOf(await execute(program, "as a user", { ...env, TOKEN }));
    answersAre(answers, block("answer: as a user"));
    const sent = linesOf(await execute(program, "a file", { ...env, TOKEN }));
    answersAre(sent, block("answer: a file"));
    const KEY = (await execute(program, "key", env)).trim();
    const others = linesOf(await execute(program, "as an application", { ...env, KEY }));
    answersAre(others, block("answer: as an application"));
    for (const text of block("answer: stream").split("\n\n").map((each) => each.slice(6))) {
      await shows(stream.frames, text);
    }
    const address = /'(.*)'$/m.exec(block("example: stream"))?.[1] ?? "";
    assert.match(address, /\/sse\?conversations=1$/);
  });
}

/** The epoch of the conversation that a frame names, where it says `EPOCH`. */
async function epochOf(caller: Caller, text: string): Promise<string> {
  if (!text.includes("EPOCH")) return "";
  const { conversation } = JSON.parse(text);
  return String((await caller.done("GET", `/conversations/${conversation}`))["epoch"]);
}

/** Waits for a frame as it is printed. */
async function shows(frames: readonly Frame[], text: string): Promise<void> {
  const pattern = patternFor(text);
  await waitFor(`the frame ${text}`, () => {
    if (frames.some((frame) => pattern.test(JSON.stringify(frame)))) return true;
    throw new Error(frames.slice(-3).map((frame) => JSON.stringify(frame)).join("\n"));
  });
}

/** As `patternOf`, but `{…}` is any object, and `,…` any more fields. */
function patternFor(text: string): RegExp {
  const { source } = patternOf(text.replaceAll(/([{,])…/g, "$1MORE"));
  return new RegExp(source.replaceAll("MORE", ".*"));
}

async function execute(
  program: Program,
  name: string,
  env: Record<string, string>,
): Promise<string> {
  const script = block(`example: ${name}`).replaceAll("http://localhost:7000", program.url)
    .replaceAll(/deno task (\w+)/g, (_, task) => taskCommand(task).join(" "))
    .replaceAll("curl ", "curl -sS -w '\\n' ");
  const { code, stdout, stderr } = await run(["sh", "-ec", script], { env });
  assert.equal(code, 0, stderr);
  return stdout;
}

function linesOf(output: string): string[] {
  return output.split("\n").filter((line) => line !== "");
}

function answersAre(answers: readonly string[], shown: string): void {
  const lines = shown.split("\n");
  assert.equal(answers.length, lines.length, answers.join("\n"));
  for (const [index, line] of lines.entries()) assert.match(answers[index] ?? "", patternFor(line));
}

function block(name: string): string {
  return blocks.get(name) ?? assert.fail(name);
}
