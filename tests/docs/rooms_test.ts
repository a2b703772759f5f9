/** Executes what `docs/rooms.md` shows: its files, what `check` says of them, and its frames. */
import assert from "node:assert/strict";
import { RULE_FIELDS } from "../../lib/rooms/rules/rule_fields.ts";
import { run, taskCommand } from "../support/command.ts";
import { matches } from "../support/frame_pattern.ts";
import { ROOT } from "../support/paths.ts";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { RoomsFile } from "../support/rooms_file.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/rooms.md`);

const blocks = new Map(
  [...PAGE.matchAll(/<!-- example( v2)?: ([^>]+) -->\s+```\w+\n(.*?)```/gs)]
    .map(([, , name = "", text = ""]) => [name, text]),
);

Deno.test("docs/rooms.md: the table of fields is that of the code", () => {
  const table = PAGE.split("<!-- table: fields -->")[1]?.trim().split("\n\n")[0] ?? "";
  const rows = table.split("\n").slice(2)
    .map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()));
  const expected = Object.entries(RULE_FIELDS).map(([name, { shape, default: missing, help }]) => [
    `\`${name}\``,
    shape.allowed,
    missing ?? "needed",
    help,
  ]);
  assert.deepEqual(rows, expected);
});

Deno.test("docs/rooms.md: every block but the setting is an example that is executed", () => {
  assert.equal(blocks.size, PAGE.match(/```/g)!.length / 2 - 1);
});

const CHECKS: readonly [example: string, file: string, code: number][] = [
  ["check", "rooms.json", 0],
  ["check --room staff:7 --user 2", "rooms.json", 0],
  ["what is wrong", "wrong", 1],
];

for (const [example, file, expected] of CHECKS) {
  Deno.test(`docs/rooms.md: ${example}`, async () => {
    const [command = "", ...lines] = (blocks.get(example) ?? assert.fail()).trim().split("\n");
    const args = command.replace("$ deno task check", "").split(" ").filter((each) => each !== "");
    const { code, stdout, stderr } = await check(args, blocks.get(file) ?? assert.fail());
    assert.equal(`${stderr}${stdout}`.trimEnd(), lines.join("\n"));
    assert.equal(code, expected);
  });
}

for (const listener of ["deno", "node"]) {
  Deno.test(`docs/rooms.md on the ${listener} listener: a guest`, async () => {
    await using file = await RoomsFile.write(blocks.get("rooms.json"));
    await using program = await Program.start({
      env: { APP_KEY, APP_LISTENER: listener, APP_ROOMS: file.path },
    });
    await using client = await TestClient.connectV2(program.webSocketUrl);
    for (const line of (blocks.get("guest") ?? assert.fail()).trim().split("\n")) {
      const text = line.slice(2);
      if (line.startsWith("> ")) client.sendRaw(text);
      else {
        await waitFor(
          `the answer ${text} (got ${JSON.stringify(client.frames)})`,
          () => client.frames.some((frame) => matches(frame, text)),
        );
      }
    }
  });
}

Deno.test("docs/rooms.md: what other systems say", async () => {
  await using program = await Program.start();
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: 1 });
  await client.command("subscribe", { room: "lobby" });
  const port = new URL(program.url).port;
  const env = { APP_PORT: port, APP_DATA_DIR: program.dataDir };
  const publish = taskCommand("publish").join(" ");
  const script = (blocks.get("what other systems say") ?? assert.fail())
    .replaceAll("localhost:7000", `127.0.0.1:${port}`).replaceAll("deno task publish", publish)
    .replaceAll("curl ", "curl -fsS ");
  const { code, stderr } = await run(["sh", "-e", "-c", script], { env });
  assert.equal(code, 0, stderr);
  const said = await client.get("usermsg", 3);
  assert.deepEqual(said.map(({ name, message, data }) => [name, message, data]), [
    ["Shop", "Sale!", undefined],
    ["Auction", "Bid", { price: 5 }],
    ["Shop", "Sale!", undefined],
  ]);
  const told = await client.get("event", 2);
  const reload = ["reload", { version: 7 }];
  assert.deepEqual(told.map(({ event, data }) => [event, data]), [reload, reload]);
});

Deno.test("docs/rooms.md: make rooms", async () => {
  await using program = await Program.start({ env: { APP_KEY } });
  const { key } = await Manager.of(program);
  const port = new URL(program.url).port;
  const env = { APP_PORT: port, APP_DATA_DIR: program.dataDir, APP_KEY, KEY: key };
  const script = (blocks.get("make rooms") ?? assert.fail())
    .replaceAll("localhost:7000", `127.0.0.1:${port}`)
    .replaceAll("deno task room", taskCommand("room").join(" "))
    .replaceAll("curl ", "curl -fsS ");
  const { code, stdout, stderr } = await run(["sh", "-e", "-c", script], { env });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /"maxClients":100.*"rooms":\[\{"room":"support".*general +0 +yes/s);
  assert.match(stdout, /Deleted general\n$/);
});

/** Runs `check` in a folder with the file, under the settings that the page assumes. */
async function check(args: readonly string[], file: string) {
  const cwd = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${cwd}/rooms.json`, file);
    return await run([...taskCommand("check"), ...args], {
      cwd,
      env: { APP_KEY, APP_ROOMS: "rooms.json", BOT_ROOM: "lobby" },
    });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}
