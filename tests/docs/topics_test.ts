/** Executes what `docs/topics.md` shows: its commands, its frames and its file. */
import assert from "node:assert/strict";
import { readRooms } from "../../lib/rooms/rules/rooms_file.ts";
import { TOPIC_FIELDS } from "../../lib/rooms/rules/topic_fields.ts";
import { run, taskCommand } from "../support/command.ts";
import { EventStream } from "../support/event_stream.ts";
import { matches } from "../support/frame_pattern.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { publishEvent } from "../support/topics.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/topics.md`);
const TOPIC = "Contact_Updated_Topic";

const blocks = new Map(
  [...PAGE.matchAll(/<!-- example( v2)?: ([^>]+) -->\s+```\w+\n(.*?)```/gs)]
    .map(([, v2, name = "", text = ""]) => [v2 ? `v2 ${name}` : name, text.trim()]),
);

Deno.test("docs/topics.md: every block but the frame of a position is an example that is executed", () => {
  assert.equal(blocks.size, PAGE.match(/```/g)!.length / 2 - 1);
});

Deno.test("docs/topics.md: the table of fields is that of the code", () => {
  const table = PAGE.split("<!-- table: fields -->")[1]?.trim().split("\n\n")[0] ?? "";
  const rows = table.split("\n").slice(2)
    .map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()));
  const expected = Object.entries(TOPIC_FIELDS).map((
    [name, { shape, default: missing, help }],
  ) => [`\`${name}\``, shape.allowed, missing ?? "needed", help]);
  assert.deepEqual(rows, expected);
});

Deno.test("docs/topics.md: the rules are good", () => {
  const { topics } = readRooms(block("rules"), { path: "rooms.json", hasTokens: true });
  assert.deepEqual(
    topics.map(({ pattern, needsToken, isPrivate }) => [pattern, needsToken, isPrivate]),
    [["News_*", false, false], ["Admin_*", true, true], ["Board_*", true, false]],
  );
});

for (const listener of ["deno", "node"]) {
  Deno.test(`docs/topics.md on the ${listener} listener: publish, subscribe, come back`, async () => {
    await using program = await Program.start({ env: { APP_LISTENER: listener } });
    await using client = await TestClient.connectV2(program.webSocketUrl);
    await client.command("connect", { user_id: 123 });
    const { code, stderr } = await run(["sh", "-e", "-c", here(block("publish"), program)]);
    assert.equal(code, 0, stderr);
    await follow(client, block("v2 subscribe"), async (line) => {
      if (!line.includes('"type":"event"')) return;
      await publishEvent(program, TOPIC, { data: { id: 5, updated_by: 3 } });
    });
    await using other = await Program.start({ env: { APP_LISTENER: listener } });
    await using again = await TestClient.connectV2(other.webSocketUrl);
    await again.command("connect", { user_id: 123 });
    let epoch: unknown;
    for (const data of [{ id: 5, updated_by: 3 }, { id: 6 }, { id: 5, updated_by: 4 }]) {
      epoch = (await publishEvent(other, TOPIC, { data })).json["epoch"];
    }
    await follow(again, block("v2 coming back").replaceAll("EPOCH", String(epoch)));
  });

  Deno.test(`docs/topics.md on the ${listener} listener: follow`, async () => {
    await using program = await Program.start({ env: { APP_LISTENER: listener } });
    await using client = await TestClient.connectV2(program.webSocketUrl);
    await client.command("connect", { user_id: 123 });
    await follow(client, block("v2 follow"));
    const { code, stdout, stderr } = await run(["sh", "-e", "-c", here(block("follow"), program)]);
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^{"user_id":123,"topic":"sport"}{"topics":\[{"topic":"sport","since":\d+}\]}$/,
    );
  });

  Deno.test(`docs/topics.md on the ${listener} listener: a stream`, async () => {
    await using program = await Program.start({ env: { APP_LISTENER: listener } });
    const address = /'(.*)'/.exec(here(block("stream"), program))?.[1] ?? assert.fail();
    await using stream = await EventStream.open(address);
    await stream.get("subscribed");
    await publishEvent(program, TOPIC, { data: { id: 6 } });
    await publishEvent(program, TOPIC, { data: { id: 5 } });
    const [subscribed, event] = block("events of the stream").split("\n\n")
      .map((each) => each.replace(/^data: /, ""));
    for (const expected of [subscribed ?? "", event ?? ""]) {
      await waitFor(
        `${expected} (got ${JSON.stringify(stream.frames)})`,
        () => stream.frames.some((frame) => matches(frame, expected)),
      );
    }
  });
}

Deno.test("docs/topics.md: a token", async () => {
  await using program = await Program.start({ env: { APP_KEY } });
  const command = block("token").replace("deno task token", taskCommand("token").join(" "));
  const { stdout, stderr } = await run(["sh", "-e", "-c", command], { env: { APP_KEY } });
  const token = stdout.trim();
  assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/, stderr);
  const own = await connectionToken({ sub: 123 });
  await using client = await TestClient.connectWithToken(program.webSocketUrl, own);
  await follow(client, block("v2 token").replaceAll("TOKEN", token));
});

/** Sends what the example sends, and waits for what it shows, line by line. @param before runs before a line is waited for */
async function follow(
  client: TestClient,
  example: string,
  before: (line: string) => Promise<void> = async () => {},
): Promise<void> {
  for (const line of example.split("\n")) {
    const text = line.slice(2);
    if (line.startsWith("> ")) {
      client.sendRaw(text);
      continue;
    }
    await before(line);
    await waitFor(
      `the answer ${text} (got ${JSON.stringify(client.frames)})`,
      () => client.frames.some((frame) => matches(frame, text)),
    );
  }
}

function here(script: string, { port }: Program): string {
  return script.replaceAll("localhost:7000", `127.0.0.1:${port}`).replaceAll("curl ", "curl -fsS ");
}

function block(name: string): string {
  return blocks.get(name) ?? assert.fail(name);
}
