/** Executes every example of `docs/notifications.md`, as printed there but for ports. */
import assert from "node:assert/strict";
import { ROOT } from "./support/paths.ts";
import { Program } from "./support/program.ts";
import { RedisServer } from "./support/redis.ts";
import { TestClient } from "./support/test_client.ts";
import { waitFor } from "./support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/notifications.md`);

const examples = new Map(
  [...PAGE.matchAll(/<!-- (?:example|answer): (.+) -->\s+```(\w+)\n([^`]+)```/g)]
    .map((
      [mark = "", name = "", language = "", code = ""],
    ) => [mark.startsWith("<!-- answer") ? `answer: ${name}` : name, { language, code }]),
);

/** How many notifications each example sends, and to which room of user 123. */
const SENT: Readonly<Record<string, [count: number, room: string]>> = {
  "curl": [1, "/user/123"],
  "curl with room and sender": [2, "lobby"],
  "json": [1, "/user/123"],
  "send": [2, "/user/123"],
  "redis": [1, "/user/123"],
  "stream": [1, "/user/123"],
  "publisher": [1, "/user/123"],
  "receipt": [1, "/user/123"],
  "schedule": [0, "/user/123"],
  "send at": [0, "/user/123"],
  "connections": [0, "lobby"],
};

Deno.test("docs/notifications.md: every block is an example that is executed", () => {
  assert.equal(examples.size, PAGE.match(/^```\w+$/gm)?.length);
  const executed = [...Object.keys(SENT), "answer: curl", "answer: receipt", "answer: schedule"];
  assert.deepEqual([...examples.keys()].sort(), executed.sort());
});

for (const [name, [count, room]] of Object.entries(SENT)) {
  Deno.test(`docs/notifications.md: ${name}`, async () => {
    await using redis = await RedisServer.start();
    await using program = await Program.start({ env: redis.env });
    await waitFor(
      "the bridge routes",
      () => program.log.some(({ message }) => message.startsWith("subscribed to")),
    );
    await using client = await TestClient.join(program.webSocketUrl, { user: 123, room });
    client.send({ type: "keepalive", user_id: 123, room: "/user/123", name: "Alice" });
    await client.settled();
    const output = await execute(name, { program, redis });
    await client.get("direct_message", count);
    await client.settled();
    assert.equal(client.ofType("direct_message").length, count);
    if (name === "curl" || name === "schedule") assert.match(output, answerPattern(name));
    if (name === "receipt") {
      await waitFor(
        "it is sent",
        async () => answerPattern(name).test(await execute(name, { program, redis })),
      );
    }
    if (name === "send") assert.match(output, /^(User is online - notification delivered\s+){2}$/);
    if (name === "send at") assert.match(output, /^Scheduled for \d{4}-\d\d-\d\dT09:00:00[+-]/);
    if (name === "connections") assert.equal(output.match(/"client_id"/g)?.length, 2);
  });
}

async function execute(
  name: string,
  { program, redis }: { program: Program; redis: RedisServer },
): Promise<string> {
  const { language, code } = examples.get(name) ?? { language: "", code: "" };
  const here = code.replaceAll("http://localhost:7000", program.url)
    .replaceAll("redis-cli ", `redis-cli -p ${redis.port} `)
    .replaceAll("deno task", `${Deno.execPath()} task --quiet --cwd ${ROOT}`)
    .replaceAll("6379", String(redis.port))
    .replaceAll("curl ", "curl -sS ");
  const [command, ...args] = language === "ts"
    ? [Deno.execPath(), "eval", "--ext=ts", `--config=${ROOT}deno.json`, here]
    : ["sh", "-ec", here];
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    cwd: ROOT,
    env: { ...redis.env, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** The answer as printed there; `…` stands for any value. */
function answerPattern(name: string): RegExp {
  const answer = (examples.get(`answer: ${name}`)?.code ?? "").trim().replaceAll(
    /([{,:]) | (?=})/g,
    "$1",
  );
  return new RegExp(`${answer.replace(/[{}/]/g, "\\$&").replaceAll("…", '[^"]+')}$`);
}
