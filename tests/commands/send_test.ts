/** The `send` task as a process: its options, its questions, its words and exit codes, on both engines. */
import assert from "node:assert/strict";
import { type Outcome, run, taskCommand } from "../support/command.ts";
import { type Env, type Target, TARGETS } from "../support/engine_target.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { freePort } from "../support/free_port.ts";
import { RedisServer } from "../support/redis.ts";
import { Terminal } from "../support/terminal.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const SEND = taskCommand("send");

const ONLINE: Outcome = {
  code: 0,
  stdout: "User is online - notification delivered\n",
  stderr: "",
};
const OFFLINE: Outcome = {
  code: 0,
  stdout: "User is offline - notification queued\n",
  stderr: "",
};

for (const [engine, start] of TARGETS) testEngine(engine, start);

function testEngine(engine: string, start: (env?: Env) => Promise<Target>): void {
  testOn("send -u 123 prints online for a connected user", async ({ program, env }) => {
    await using client = await TestClient.join(program.webSocketUrl, { user: 123, room: "1" });
    assert.deepEqual(await send(["-u", "123", "-m", "Hello"], env), ONLINE);
    const [frame] = await client.get("direct_message");
    const { id, timestamp, type, room, user_id, name, message } = frame!;
    assert.deepEqual(
      [type, room, user_id, name, message],
      ["direct_message", "1", 123, "Test Bot", "Hello"],
    );
    assert.match(String(id), /^[\w-]{8,64}$/);
    assert.ok(Math.abs(Number(timestamp) - Date.now() / 1000) < 60, String(timestamp));
  });

  testOn("send -u 123 prints offline for a user who is not there", async ({ program, env }) => {
    assert.deepEqual(await send(["-u", "123", "-m", "Later"], env), OFFLINE);
    await using client = await TestClient.join(program.webSocketUrl, { user: 123, room: "1" });
    assert.equal((await client.get("direct_message"))[0]?.["message"], "Later");
  });

  testOn("send prints offline for a user who is in another room", async ({ program, env }) => {
    await using client = await TestClient.join(program.webSocketUrl, { user: 5, room: "lobby" });
    assert.deepEqual(await send(["-u", "5", "-r", "/user/5", "-m", "Private"], env), OFFLINE);
    await client.settled();
    assert.deepEqual(client.ofType("direct_message"), []);
  });

  testOn(
    "send --users, --topic and --everyone say to how many it goes",
    async ({ program, env }) => {
      await using postgres = env["REDIS_URL"] === undefined
        ? undefined
        : await PostgresServer.start();
      await using other = postgres && await Program.start({ env: { ...env, ...postgres.env } });
      const at = { ...env, APP_PORT: new URL((other ?? program).url).port };
      if (other !== undefined) await program[Symbol.asyncDispose]();
      await using client = await TestClient.connectV2((other ?? program).webSocketUrl);
      await client.command("connect", { user_id: 1 });
      await client.command("follow", { topic: "sport" });
      const goesOn = " - the server goes on sending it\n";
      const calls: readonly [string[], string][] = [
        [["--users", "1, ann,1"], "2 users"],
        [["--topic", "sport"], "the followers of sport"],
        [["--everyone"], "everyone"],
      ];
      for (const [to, many] of calls) {
        const stdout = `Accepted for ${many}${goesOn}`;
        assert.deepEqual(await send([...to, "-m", many], at), { code: 0, stdout, stderr: "" });
        await waitFor(
          "it comes",
          () => client.ofType("direct_message").some(({ message }) => message === many),
        );
      }
      const { code, stderr } = await send(["-u", "1", "--everyone", "-m", "x"], at);
      assert.equal(code, 2);
      assert.match(stderr, /^Cannot take more than one of --user, --users, --topic and --everyone/);
    },
  );

  testOn("send takes all options in short, long and = form", async ({ program, env }) => {
    await using client = await TestClient.join(program.webSocketUrl, {
      user: "ann",
      room: "/user/ann",
    });
    const forms = [
      ["-u", "ann", "-r", "/user/ann", "-m", "one", "-f", "Shop"],
      ["--user", "ann", "--room", "/user/ann", "--message", "two", "--from", "Shop"],
      ["--from=Shop", "--message=three", "--room=/user/ann", "--user=ann"],
    ];
    for (const form of forms) assert.deepEqual(await send(form, env), ONLINE);
    assert.deepEqual(
      (await client.get("direct_message", 3)).map((
        { message, name, room },
      ) => [message, name, room]),
      [["one", "Shop", "/user/ann"], ["two", "Shop", "/user/ann"], ["three", "Shop", "/user/ann"]],
    );
  });

  testOn("send has an option for each field of how it is shown", async ({ program, env }) => {
    await using client = await TestClient.connectV2(program.webSocketUrl);
    await client.command("connect", { user_id: 7 });
    const options = [
      ...["-u", "7", "-m", "**Hello**", "-t", "Order 7", "--kind", "order.shipped", "-p", "high"],
      ...["--url", "/orders/7", "--icon", "https://shop.example/icon.png", "--tags", "truck,shop"],
      ...["--actions", "view, Open, /orders/7; reply, Answer", "--group", "order-7", "--markdown"],
      ...["--critical", "--progress", "50"],
    ];
    assert.equal((await send(options, env)).code, 0);
    const [frame] = await client.get("direct_message");
    const { title, kind, priority, url, icon, tags, actions, group, markdown } = frame ?? {};
    const { critical, progress } = frame ?? {};
    assert.deepEqual(
      { title, kind, priority, url, icon, tags, actions, group, markdown, critical, progress },
      {
        ...{ title: "Order 7", kind: "order.shipped", priority: 4, url: "/orders/7" },
        ...{ icon: "https://shop.example/icon.png", tags: ["truck", "shop"] },
        actions: [
          { type: "view", id: "1", label: "Open", url: "/orders/7" },
          { type: "reply", id: "2", label: "Answer" },
        ],
        ...{ group: "order-7", markdown: true, critical: true, progress: 50 },
      },
    );
    const { code, stderr } = await send(["-u", "7", "-m", "x", "-p", "soon"], env);
    assert.equal(code, 2);
    assert.match(stderr, /'priority'/);
  });

  testOn("send --at takes a time as people say it", async ({ env }) => {
    const { code, stdout } = await send(["-u", "7", "-m", "x", "--at", "tomorrow 9:00"], env);
    assert.equal(code, 0);
    assert.match(stdout, /^Scheduled for \d{4}-\d\d-\d\dT09:00:00[+-]/);
  });

  testOn("send keeps unicode and lines as they are", async ({ program, env }) => {
    await using client = await TestClient.join(program.webSocketUrl, {
      user: "зоя",
      room: "café ☕",
    });
    const message = 'Grüße 👩‍👩‍👧 \u202e\n\tsecond line "quoted" \\ end';
    const options = ["-u", "зоя", "-r", "café ☕", "-f", "Ünï 🤖", "-m", message];
    assert.deepEqual(await send(options, env), ONLINE);
    const [frame] = await client.get("direct_message");
    assert.deepEqual([frame?.["message"], frame?.["name"]], [message, "Ünï 🤖"]);
  });

  testOn("send without -m reads the message from a pipe", async ({ program, env }) => {
    await using client = await TestClient.join(program.webSocketUrl, { user: 9, room: "1" });
    assert.deepEqual(await send(["-u", "9"], env, "from a pipe\n"), ONLINE);
    assert.deepEqual(await send(["-u", "9"], env, "\nfirst\r\n\nthird\n\n"), ONLINE);
    assert.deepEqual(
      (await client.get("direct_message", 2)).map(({ message }) => message),
      ["from a pipe", "\nfirst\r\n\nthird\n"],
    );
  });

  testOn("send with -m leaves a pipe unread", async ({ program, env }) => {
    await using client = await TestClient.join(program.webSocketUrl, { user: 9, room: "1" });
    assert.deepEqual(await send(["-u", "9", "-m", "option"], env, "pipe"), ONLINE);
    assert.equal((await client.get("direct_message"))[0]?.["message"], "option");
  });

  testOn("send on a terminal asks for what is missing", async ({ program, env }) => {
    await using client = await TestClient.join(program.webSocketUrl, {
      user: 123,
      room: "/user/123",
    });
    await using terminal = new Terminal([...SEND, "-u", "123"], { env });
    await terminal.shows("Room [1]:");
    await terminal.type("/user/123\r");
    await terminal.shows("From [Test Bot]:");
    await terminal.type("Warehouse\r");
    await terminal.shows("Message:");
    await terminal.type("It is packed\r");
    await terminal.shows("User is online - notification delivered");
    assert.equal(await terminal.ended(), 0);
    const [frame] = await client.get("direct_message");
    assert.deepEqual([frame?.["message"], frame?.["name"]], ["It is packed", "Warehouse"]);
  });

  testOn(
    "send sends nothing that breaks a limit and ends with code 2",
    async ({ program, env }) => {
      await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "1" });
      const limits = { ...env, APP_LIMIT_MESSAGE: "5" };
      const { code, stdout, stderr } = await send(["-u", "1", "-m", "123456"], limits);
      assert.equal(
        stderr,
        "Not sent: Field 'message' is too long: current length is 6, the limit is 5\n",
      );
      assert.deepEqual([code, stdout], [2, ""]);
      assert.deepEqual(await send(["-u", "1", "-m", "12345"], limits), ONLINE);
      assert.deepEqual((await client.get("direct_message")).map(({ message }) => message), [
        "12345",
      ]);
    },
  );

  Deno.test(`send takes a long message where the limit is off (${engine})`, async () => {
    const limits = { APP_LIMIT_MESSAGE: "off" };
    await using target = await start(limits);
    const { webSocketUrl } = target.program;
    await using client = await TestClient.join(webSocketUrl, { user: 1, room: "1" });
    const message = "x".repeat(20_000);
    assert.deepEqual(await send(["-u", "1"], { ...target.env, ...limits }, message), ONLINE);
    assert.equal((await client.get("direct_message"))[0]?.["message"], message);
  });

  function testOn(name: string, body: (target: Target) => Promise<void>): void {
    Deno.test(`${name} (${engine})`, async () => {
      await using target = await start();
      await body(target);
    });
  }
}

Deno.test("send reads .env in its folder", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using program = await Program.start({ env: { BOT_ROOM: "news" } });
    await Deno.writeTextFile(`${folder}/.env`, `APP_PORT=${program.port}\nBOT_ROOM=news\n`);
    await using client = await TestClient.join(program.webSocketUrl, { user: 7, room: "news" });
    assert.deepEqual(await run([...SEND, "-u", "7", "-m", "Hi"], { cwd: folder }), ONLINE);
    assert.equal((await client.get("direct_message"))[0]?.["room"], "news");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("send reaches a server that listens on all addresses", async () => {
  await using program = await Program.start({ env: { APP_HOST: "0.0.0.0", APP_OPEN: "true" } });
  const env = { APP_HOST: "0.0.0.0", APP_PORT: String(program.port) };
  assert.deepEqual(await send(["-u", "1", "-m", "Hi"], env), OFFLINE);
});

Deno.test("send on a terminal takes the shown defaults on Enter", async () => {
  await using program = await Program.start({ env: { BOT_ROOM: "news" } });
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "news" });
  const env = { APP_PORT: String(program.port), BOT_ROOM: "news" };
  await using terminal = new Terminal([...SEND, "-u", "1"], { env });
  await terminal.shows("Room [news]:");
  await terminal.type("\r");
  await terminal.shows("From [Test Bot]:");
  await terminal.type("\r");
  await terminal.shows("Message:");
  await terminal.type("Hello\r");
  assert.equal(await terminal.ended(), 0, terminal.screen);
  const [frame] = await client.get("direct_message");
  assert.deepEqual([frame?.["name"], frame?.["message"]], ["Test Bot", "Hello"]);
});

Deno.test("send on a terminal asks for the message alone where the rest was given", async () => {
  await using program = await Program.start();
  await using terminal = new Terminal([...SEND, "-u", "1", "-r", "lobby", "-f", "Me"], {
    env: { APP_PORT: String(program.port) },
  });
  await terminal.shows("Message:");
  await terminal.type("Hello\r");
  assert.equal(await terminal.ended(), 0, terminal.screen);
  assert.doesNotMatch(terminal.screen, /Room|From/);
  assert.match(terminal.screen, /User is offline - notification queued/);
});

Deno.test("send on a terminal with -m asks for nothing", async () => {
  await using program = await Program.start();
  await using terminal = new Terminal([...SEND, "-u", "1", "-m", "Hello"], {
    env: { APP_PORT: String(program.port) },
  });
  assert.equal(await terminal.ended(), 0, terminal.screen);
  assert.equal(terminal.screen, "User is offline - notification queued\r\n");
});

Deno.test("send on a terminal without an answer for the message ends with code 2", async () => {
  await using terminal = new Terminal([...SEND, "-u", "1", "-r", "1", "-f", "Me"]);
  await terminal.shows("Message:");
  await terminal.type("\r");
  assert.equal(await terminal.ended(), 2, terminal.screen);
  assert.match(terminal.screen, /The message is empty/);
});

for (const help of ["-h", "--help"]) {
  Deno.test(`send ${help} prints every option`, async () => {
    const { code, stdout, stderr } = await send([help], { APP_PORT: "wrong" });
    for (
      const option of ["-u, --user", "-r, --room", "-m, --message", "-f, --from", "-h, --help"]
    ) {
      assert.ok(stdout.includes(`  ${option}`), `${option} in ${stdout}`);
    }
    assert.deepEqual([code, stderr], [0, ""]);
  });
}

const WRONG: [args: string[], said: RegExp][] = [
  [[], /^Missing option -u \(--user\), --users, --topic or --everyone\n\nUsage: /],
  [["-m", "Hello"], /^Missing option -u \(--user\), --users, --topic or --everyone\n\nUsage: /],
  [
    ["-u", "", "-m", "Hello"],
    /^Missing option -u \(--user\), --users, --topic or --everyone\n\nUsage: /,
  ],
  [["-u"], /-u.*argument/],
  [["-u", "1", "--colour", "red"], /--colour/],
  [["-u", "1", "Hello"], /Hello/],
  [["-u", "1", "-m", ""], /^The message is empty\n\nUsage: /],
  [["-u", "1"], /^The message is empty\n\nUsage: /],
  [["-u", "1\n2", "-m", "Hello"], /^Not sent: .*'user_id'.*"1\\n2"/],
  [["-u", "1", "-r", "x".repeat(129), "-m", "Hello"], /^Not sent: Field 'room' is too long.*129/],
  [["-u", "1", "-f", "x".repeat(65), "-m", "Hello"], /^Not sent: Field 'from' is too long.*65/],
  [["-u", "1", "-m", "x".repeat(10_001)], /^Not sent: Field 'message' is too long.*10001/],
];
for (const [args, said] of WRONG) {
  const shown = args.map((arg) => JSON.stringify(arg.slice(0, 20))).join(" ");
  Deno.test(`send ${shown} ends with code 2`, async () => {
    const { code, stdout, stderr } = await send(args);
    assert.match(stderr, said);
    assert.deepEqual([code, stdout], [2, ""]);
  });
}

Deno.test("send with a wrong setting ends with code 2 and one line", async () => {
  const { code, stderr } = await send(["-u", "1", "-m", "Hello"], { APP_PORT: "wrong" });
  assert.match(stderr, /^Cannot use APP_PORT: current value is "wrong", [^\n]*\n$/);
  assert.equal(code, 2);
});

Deno.test("send without a running server says so and ends with code 1", async () => {
  const port = freePort();
  const { code, stdout, stderr } = await send(["-u", "1", "-m", "Hello"], {
    APP_PORT: String(port),
  });
  assert.match(
    stderr,
    new RegExp(
      `^Not sent: no notifyli server answers at http://127\\.0\\.0\\.1:${port} \\([^\\n]*\n$`,
    ),
  );
  assert.deepEqual([code, stdout], [1, ""]);
});

Deno.test("send to something that is not notifyli says so and ends with code 1", async () => {
  await using other = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("<html>", { headers: { "content-type": "text/html" } }),
  );
  const { port } = other.addr as Deno.NetAddr;
  const { code, stdout, stderr } = await send(["-u", "1", "-m", "Hello"], {
    APP_PORT: String(port),
  });
  assert.equal(
    stderr,
    `Not sent: the server at http://127.0.0.1:${port} answers: 200, as no notifyli does\n`,
  );
  assert.deepEqual([code, stdout], [1, ""]);
});

Deno.test("send shows why the server refuses and ends with code 1", async () => {
  await using program = await Program.start({ env: { APP_LIMIT_MESSAGE: "3" } });
  const { code, stderr } = await send(["-u", "1", "-m", "Hello"], {
    APP_PORT: String(program.port),
  });
  assert.equal(
    stderr,
    `Not sent: the server at ${program.url} answers: ` +
      "Field 'message' is too long: current length is 5, the limit is 3\n",
  );
  assert.equal(code, 1);
});

Deno.test("send by Redis without a server on it says so and ends with code 1", async () => {
  await using redis = await RedisServer.start();
  const { code, stdout, stderr } = await send(["-u", "1", "-m", "Hello"], redis.env);
  assert.equal(stderr, "Not sent: no notifyli server listens on notifyli:messages\n");
  assert.deepEqual([code, stdout], [1, ""]);
});

Deno.test("send without the Redis it needs says so and ends with code 1", async () => {
  await using redis = await RedisServer.stopped();
  const { code, stdout, stderr } = await send(["-u", "1", "-m", "Hello"], redis.env);
  assert.equal(stderr, "Not sent: Redis cannot be reached; nothing was accepted\n");
  assert.deepEqual([code, stdout], [1, ""]);
});

Deno.test("send uses the prefix and channel that the server has", async () => {
  await using redis = await RedisServer.start();
  const env = { ...redis.env, REDIS_PREFIX: "shop:", REDIS_MESSAGE_CHANNEL: "shop-news" };
  await using program = await Program.start({ env });
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "1" });
  assert.deepEqual(await send(["-u", "1", "-m", "Hi"], env), ONLINE);
  assert.equal((await client.get("direct_message"))[0]?.["message"], "Hi");
});

/** Runs `deno task send` with these options in an empty folder; standard input is empty unless given. */
async function send(options: readonly string[], env: Env = {}, input?: string): Promise<Outcome> {
  const cwd = await Deno.makeTempDir();
  try {
    return await run([...SEND, ...options], { cwd, env, input });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}
