/** Executes every example of `docs/auth.md` whose language is installed. */
import assert from "node:assert/strict";
import { AUDIENCE } from "../../lib/auth/tokens.ts";
import { run, taskCommand } from "../support/command.ts";
import { matches } from "../support/frame_pattern.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken, nowSeconds, subscriptionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/auth.md`);
const ENV = { APP_KEY, APP_PRIVATE_ROOMS: "staff:*, board" };

const snippets = new Map(
  [...PAGE.matchAll(/<!-- example: (\w+) -->\s+```(\w+)\n(.*?)```/gs)]
    .filter(([, , language]) => language !== "json")
    .map(([, name = "", language = "", code = ""]) => [name, { language, code }]),
);

/** How the snippets are run, from the file that one is written to. */
const RUNNERS: Readonly<Record<string, { file: string; command: (path: string) => string[] }>> = {
  node: { file: "token.mjs", command: (path) => ["node", path] },
  php: { file: "token.php", command: (path) => ["php", path] },
  python: { file: "token.py", command: (path) => ["python3", path] },
  go: { file: "token.go", command: (path) => ["go", "run", path] },
  openssl: { file: "token.sh", command: (path) => ["sh", path] },
};

Deno.test("docs/auth.md: every snippet has a runner", () => {
  assert.deepEqual([...snippets.keys()].sort(), Object.keys(RUNNERS).sort());
});

for (const [name, { code }] of snippets) {
  const program = name === "python" ? "python3" : name;
  const isThere = await isInstalled(program);
  if (!isThere) console.warn(`docs/auth.md: ${program} is not installed, its snippet is not run`);
  Deno.test({
    name: `docs/auth.md: the token signed with ${name} lets its user in`,
    ignore: !isThere,
    async fn() {
      const { file, command } = RUNNERS[name] ?? assert.fail();
      const folder = await Deno.makeTempDir();
      try {
        await Deno.writeTextFile(`${folder}/${file}`, code);
        const { stdout, stderr } = await run(command(`${folder}/${file}`), { env: ENV });
        assert.equal(stderr, "");
        await letsIn(stdout.trim());
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

Deno.test("docs/auth.md: so does that of `deno task token`", async () => {
  const command = [...taskCommand("token"), "--user", "123", "--name", "Alice"];
  const { stdout } = await run(command, { env: ENV });
  await letsIn(stdout.trim());
});

Deno.test("notifyli token makes subscription tokens, sessions with an end, and says what is wrong", async () => {
  const token = (args: string[], env: Record<string, string> = ENV) =>
    run([...taskCommand("token"), ...args], { env });
  const made = await token(["-u", "123", "--room", "board", "--site", "shop", "--ttl", "5"]);
  const claims = claimsOf(made.stdout);
  assert.deepEqual(
    [claims["aud"], claims["sub"], claims["room"], claims["site_id"]],
    [AUDIENCE.subscription, "123", "board", "shop"],
  );
  assert.equal(Number(claims["exp"]) - Number(claims["iat"]), 5);
  const { iat, exp, expire_at } = claimsOf(
    (await token(["--user", "a", "--expires-in", "3600"])).stdout,
  );
  assert.deepEqual([Number(exp) - Number(iat), Number(expire_at) - Number(iat)], [60, 3600]);

  const none = await token(["-u", "123"], {});
  assert.deepEqual([none.code, none.stdout], [1, ""]);
  assert.match(none.stderr, /^Cannot sign a token: APP_KEY is not set/);
  for (const args of [[], ["-u", "1", "--ttl", "soon"], ["--nothing"], ["-u", "1", "--ttl", "0"]]) {
    const { code, stdout } = await token(args);
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
  }
});

const examples = [...PAGE.matchAll(/<!-- example( v2)?: (.+) -->\s+```json\n([^`]+)```/g)]
  .map(([, v2, name = "", lines = ""]) => ({
    name,
    isV2: v2 !== undefined,
    lines: lines.trim().split("\n"),
  }));

Deno.test("docs/auth.md: every JSON block is an example that is executed", () => {
  assert.equal(examples.length, PAGE.match(/```json/g)?.length);
});

/** What the client of an example has proved before it, if anything. */
const CLAIMS: Readonly<Record<string, () => Record<string, unknown>>> = {
  session: () => ({ expire_at: nowSeconds() + 3 }),
  subscription: () => ({}),
};

for (const listener of ["deno", "node"]) {
  for (const { name, isV2, lines } of examples) {
    const version = isV2 ? "2" : "1";
    Deno.test(`docs/auth.md on the ${listener} listener: ${name}, version ${version}`, async () => {
      await using program = await Program.start({ env: { ...ENV, APP_LISTENER: listener } });
      const claims = CLAIMS[name]?.();
      const offered = claims === undefined
        ? []
        : [`notifyli.token.${await connectionToken({ name: "Alice", ...claims })}`];
      await using client = await TestClient.connectAs(program.webSocketUrl, {
        protocols: isV2 ? ["notifyli.v2", ...offered] : offered,
      });
      if (claims !== undefined) await client.command("connect");
      const token = await connectionToken({ name: "Alice" });
      const roomToken = await subscriptionToken({ room: "board" });
      for (const line of lines) {
        if (line.startsWith("> ")) {
          const text = line.slice(2).replace("ROOM_TOKEN", roomToken).replace("TOKEN", token);
          client.sendRaw(text);
          continue;
        }
        await waitFor(
          `the answer ${line} (got ${JSON.stringify(client.frames)})`,
          () => client.frames.some((frame) => matches(frame, line.slice(2))),
        );
      }
    });
  }
}

/** Whether the token makes a connection that of user 123, named Alice. */
async function letsIn(token: string): Promise<void> {
  await using program = await Program.start({ env: ENV });
  await using client = await TestClient.connectWithToken(program.webSocketUrl, token);
  await client.command("subscribe", { room: "lobby" });
  await client.command("publish", { room: "lobby", message: "Hello!" });
  const [message] = await client.get("usermsg");
  assert.deepEqual([message?.["user_id"], message?.["name"]], [123, "Alice"]);
}

function claimsOf(token: string): Record<string, unknown> {
  const payload = token.split(".")[1] ?? "";
  return JSON.parse(
    new TextDecoder().decode(Uint8Array.fromBase64(payload, { alphabet: "base64url" })),
  );
}

async function isInstalled(program: string): Promise<boolean> {
  return (await run(["which", program])).code === 0;
}
