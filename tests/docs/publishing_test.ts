/**
 * `docs/publishing.md`: each language's file is copied from the page and run, against a server with Redis and a client that
 * comes by the tokens that it signs and gets what it sends.
 */
import assert from "node:assert/strict";
import { run } from "../support/command.ts";
import { Manager } from "../support/manager.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/publishing.md`);

const BLOCKS = new Map(
  [...PAGE.matchAll(/<!-- example: ([^\n]+) -->\s+```\w+\n(.*?)```/gs)]
    .map(([, name = "", text = ""]) => [name, text]),
);

/** The languages, each with its file, the file that uses it, how that is run, and how it says "wrong". */
const LANGUAGES: Readonly<
  Record<string, { file: string; use: string; command: string[]; wrong: string }>
> = {
  php: {
    file: "notifyli.php",
    use: "use.php",
    command: ["php"],
    wrong: `try { $notifyli->say('board', ''); } catch (RuntimeException $error) {
      echo $error->getCode(), ' ', $error->getMessage(), "\\n";
    }`,
  },
  python: {
    file: "notifyli.py",
    use: "use.py",
    command: ["python3"],
    wrong: `from notifyli import NotifyliError
try:
    notifyli.say("board", "")
except NotifyliError as error:
    print(error.status, error)
`,
  },
  node: {
    file: "notifyli.mjs",
    use: "use.mjs",
    command: ["node"],
    wrong: `await notifyli.say("board", "").catch((error) => {
      console.log(error.status, error.message);
    });`,
  },
};

/** What the page says of Redis: the block, the file that it is written to, and how it is run. */
const OVER_REDIS: readonly (readonly [name: string, file: string, command: readonly string[]])[] = [
  ["redis sh", "use.sh", ["sh", "-e"]],
  ["redis php", "use.php", ["php"]],
  ["redis python", "use.py", ["/usr/bin/python3"]],
  [
    "redis ts",
    "use.ts",
    [
      Deno.execPath(),
      "run",
      "--cached-only",
      "--allow-all",
      "--no-check",
      "--config",
      `${ROOT}deno.json`,
    ],
  ],
];

Deno.test("docs/publishing.md: every block is marked, and run by a test of this file", () => {
  assert.equal(BLOCKS.size, PAGE.match(/^```\w/gm)?.length);
  const named = Object.entries(LANGUAGES).flatMap(([language, { file }]) => [
    `${language} ${file}`,
    `${language} use`,
  ]);
  assert.deepEqual(
    [...BLOCKS.keys()].sort(),
    [...named, ...OVER_REDIS.map(([name]) => name)].sort(),
  );
});

for (const [language, { file, use, command, wrong }] of Object.entries(LANGUAGES)) {
  Deno.test(`docs/publishing.md: ${file} signs tokens, sends to users, rooms and topics, and sees who is there`, async () => {
    await using world = await World.open();
    await world.write(file, BLOCKS.get(`${language} ${file}`)!);
    await world.write(use, BLOCKS.get(`${language} use`)!);
    const send = async () => (await world.run([...command, `${world.folder}/${use}`])).split("\n");
    const [connection = "", room = "", topic = "", online] = await send();
    assert.equal(online, "offline");
    await using client = await TestClient.connectWithToken(world.url, connection);
    await client.command("subscribe", { room: "board", token: room });
    const subscription = { topic: "Contact_Updated_Topic", filter: { id: 5 }, token: topic };
    await client.command("subscribe", subscription);
    assert.equal((await send())[3], "online");
    await world.got(client);
    const [sale] = client.ofType("usermsg");
    assert.partialDeepStrictEqual(sale, { name: "Shop", data: { percent: 20 } });

    await world.write(use, `${BLOCKS.get(`${language} use`)!}\n${wrong}`);
    assert.match((await send())[4] ?? "", /^400 Missing field 'message'|^400 Field 'message'/);
  });

  Deno.test(`docs/publishing.md: ${file} follows no redirect, and says what is no answer of the server's`, async () => {
    const asked: string[] = [];
    await using proxy = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
      asked.push(`${request.method} ${new URL(request.url).pathname}`);
      if (asked.length > 1) return new Response("<h1>Bad gateway</h1>", { status: 502 });
      return Response.redirect(new URL("/elsewhere", request.url), 301);
    });
    const folder = await Deno.makeTempDir({ prefix: "notifyli-publishing-" });
    const [head = ""] = BLOCKS.get(`${language} use`)!.split(/^.*onnection/m);
    await Deno.writeTextFile(`${folder}/${file}`, BLOCKS.get(`${language} ${file}`)!);
    await Deno.writeTextFile(`${folder}/${use}`, [head, wrong, wrong].join("\n"));
    const env = {
      NOTIFYLI_URL: `http://127.0.0.1:${proxy.addr.port}`,
      NOTIFYLI_API_KEY: "key",
      APP_KEY,
    };
    const { stdout, stderr } = await run([...command, `${folder}/${use}`], { env });
    await Deno.remove(folder, { recursive: true });
    assert.deepEqual(stdout.trim().split("\n"), [
      "301 notifyli answered 301",
      "502 notifyli answered 502",
    ], stderr);
    assert.deepEqual(asked, ["POST /api/rooms/messages", "POST /api/rooms/messages"]);
  });
}

Deno.test("docs/publishing.md: a token of PHP with an empty filter is one for the whole topic", async () => {
  await using world = await World.open();
  await world.write("notifyli.php", BLOCKS.get("php notifyli.php")!);
  const [head = ""] = BLOCKS.get("php use")!.split("\n\n");
  const token = `echo $notifyli->subscribeToken(['topic' => 'T', 'filter' => []]), "\\n";`;
  await world.write("use.php", `${head}\necho $notifyli->connectionToken(123), "\\n";\n${token}`);
  const [connection = "", topic] = (await world.run(["php", `${world.folder}/use.php`])).split(
    "\n",
  );
  await using client = await TestClient.connectWithToken(world.url, connection);
  assert.equal((await client.command("subscribe", { topic: "T", token: topic }))["sub"], 1);
});

for (const [name, file, command] of OVER_REDIS) {
  Deno.test(`docs/publishing.md: ${name.replace("redis ", "")} over Redis sends to users, rooms and topics`, async () => {
    await using world = await World.open({ APP_OPEN: "true" });
    await using client = await TestClient.connectV2(world.url);
    await client.command("connect", { user_id: 123 });
    await client.command("subscribe", { room: "board" });
    await client.command("subscribe", { topic: "Contact_Updated_Topic", filter: { id: 5 } });
    await world.write(file, BLOCKS.get(name)!);
    await world.run([...command, `${world.folder}/${file}`]);
    await world.got(client);
    const [sale, durable] = await client.get("usermsg", 2);
    const texts = [sale, durable].map((said) => [said?.["message"], said?.["data"]]);
    assert.deepEqual(new Set(texts.map(String)), new Set(["Sale!,", "Sale!,[object Object]"]));
  });
}

/** A server with Redis, and a folder for the page's files. */
class World implements AsyncDisposable {
  readonly #redis: RedisServer;
  readonly #program: Program;
  readonly #key: string;

  private constructor(
    readonly folder: string,
    redis: RedisServer,
    { program, key }: { program: Program; key: string },
  ) {
    this.#redis = redis;
    this.#program = program;
    this.#key = key;
  }

  /** @param env of an open server; without it, the server has tokens and API keys */
  static async open(env?: Readonly<Record<string, string>>): Promise<World> {
    const redis = await RedisServer.start();
    const closed = { APP_KEY, APP_PRIVATE_ROOMS: "board" };
    const program = await Program.start({ env: { ...redis.env, ...env ?? closed } });
    await program.hearsRedis();
    const { key } = await Manager.of(program);
    const folder = await Deno.makeTempDir({ prefix: "notifyli-publishing-" });
    return new World(folder, redis, { program, key });
  }

  get url(): string {
    return this.#program.webSocketUrl;
  }

  /** Writes a file as the page has it, with this Redis in the place of the usual one. */
  async write(file: string, text: string): Promise<void> {
    const here = text.replaceAll("redis-cli", `redis-cli -p ${this.#redis.port}`)
      .replace("port: 6379", `port: ${this.#redis.port}`)
      .replace("@notifyli/notifyli", `${ROOT}lib/publisher/publisher.ts`);
    await Deno.writeTextFile(`${this.folder}/${file}`, here);
  }

  /** Runs a program that has to end well; resolves with what it prints. */
  async run(command: readonly string[]): Promise<string> {
    const env = {
      NOTIFYLI_URL: this.#program.url,
      NOTIFYLI_API_KEY: this.#key,
      APP_KEY,
      REDIS_HOST: "127.0.0.1",
      REDIS_PORT: String(this.#redis.port),
    };
    const { code, stdout, stderr } = await run(command, { env });
    assert.deepEqual([code, stderr], [0, ""], stdout);
    return stdout.trim();
  }

  /** Resolves when the client has the page's notification, message and event. */
  async got(client: TestClient): Promise<void> {
    const shipped = () =>
      client.ofType("direct_message").some(({ message }) => message === "Your order has shipped");
    await waitFor("the notification is there", shipped);
    assert.partialDeepStrictEqual((await client.get("usermsg"))[0], { message: "Sale!" });
    const [event] = await client.get("event");
    assert.partialDeepStrictEqual(event, { topic: "Contact_Updated_Topic", data: { id: 5 } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    await this.#redis[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}
