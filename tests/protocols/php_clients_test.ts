/**
 * Clients of the PHP server that this one replaces, frame by frame, on both listeners and both stores: its page, its
 * bridge, and its applications, as `tests/fixtures/php/conversations.md` has them.
 */
import assert from "node:assert/strict";
import { patternOf } from "../support/frame_pattern.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const FIXTURES = `${ROOT}tests/fixtures/php`;

const CONVERSATIONS = (await Deno.readTextFile(`${FIXTURES}/conversations.md`)).split("\n## ")
  .slice(1).map((text) => {
    const [title = "", ...lines] = text.trim().split("\n");
    return { title, lines: lines.filter((line) => /^\w/.test(line)) };
  });

for (const listener of ["deno", "node"]) {
  for (const store of ["SQLite", "Redis"]) {
    Deno.test(`${listener} listener, ${store}: what clients of the PHP server say, and what they are answered`, async (t) => {
      await using stage = await Stage.open(listener, store);
      for (const { title, lines } of CONVERSATIONS) {
        if (store === "SQLite" && lines.some((line) => line.startsWith("redis "))) continue;
        await t.step(title, async () => {
          for (const line of lines) await stage.play(line);
          await stage.clear();
        });
      }
      for (const path of ["/", "/ws"]) {
        await t.step(`a WebSocket client in PHP talks at ${path}`, async () => {
          await talkInPhp(stage.port, path);
        });
      }
    });
  }
}

Deno.test("no two of these conversations are in one room, or with one user's notifications", () => {
  for (const field of [/"room":"([^"]+)"/g, /"user_id":"?(\w+)/g]) {
    const named = CONVERSATIONS.map(({ lines }) =>
      new Set([...lines.join("\n").matchAll(field)].map(([, value = ""]) => value))
    );
    const all = named.flatMap((each) => [...each]);
    assert.equal(new Set(all).size, all.length, all.join(" "));
  }
});

async function talkInPhp(port: number, path: string): Promise<void> {
  const texts = ["Hello!", "ü".repeat(400)];
  const frames = texts.map((message) =>
    JSON.stringify({ type: "usermsg", user_id: 123, room: `of ${path}`, name: "Alice", message })
  );
  const { stdout } = await new Deno.Command("php", {
    args: [`${FIXTURES}/client.php`, String(port), path, ...frames],
    stdin: "null",
  }).output();
  const output = new TextDecoder().decode(stdout).trim();
  assert.deepEqual(output.split("\n").map((line) => JSON.parse(line).message), texts, output);
}

/** A server, and who talks with it. */
class Stage implements AsyncDisposable {
  readonly #program: Program;
  readonly #redis: RedisServer | undefined;
  readonly #actors = new Map<string, Actor>();
  #answer = "";

  private constructor(program: Program, redis: RedisServer | undefined) {
    this.#program = program;
    this.#redis = redis;
  }

  static async open(listener: string, store: string): Promise<Stage> {
    const redis = store === "Redis" ? await RedisServer.start() : undefined;
    const env = { APP_LISTENER: listener, ...redis?.env, REDIS_PLAIN_FIELDS: "true" };
    const program = await Program.start({ env });
    if (redis !== undefined) await program.hearsRedis();
    return new Stage(program, redis);
  }

  async play(line: string): Promise<void> {
    const [, who = "", what = "", text = ""] = /^(\w+) (>|<|leaves) ?(.*)$/.exec(line) ??
      assert.fail(line);
    if (who === "redis") return what === ">" ? await this.#call(text) : this.#answered(text);
    const actor = this.#actors.get(who) ?? await this.#enter(who);
    if (what === ">") await actor.say(text);
    else if (what === "<") await actor.hears(text);
    else await actor.leave();
  }

  get port(): number {
    return this.#program.port;
  }

  /** Nobody has got anything else; then all leave. */
  async clear(): Promise<void> {
    for (const actor of this.#actors.values()) await actor.hearsNothing();
    for (const actor of this.#actors.values()) await actor.leave();
    this.#actors.clear();
  }

  async #enter(who: string): Promise<Actor> {
    const actor = new Actor(await TestClient.connect(this.#program.webSocketUrl));
    this.#actors.set(who, actor);
    return actor;
  }

  async #call(text: string): Promise<void> {
    const [command = "", key = "", ...rest] = text.split(" ");
    const args = rest.length === 0 ? [] : [rest.join(" ")];
    this.#answer = await this.#redis?.call(command, key, ...args) ?? assert.fail("no Redis");
    // What leaves takes a moment to be gone.
    if (command === "EXISTS") {
      await waitFor("it is gone", async () => await this.#redis?.call(command, key) === "0");
      this.#answer = "0";
    }
  }

  #answered(text: string): void {
    assert.match(this.#answer, patternOf(text));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const actor of this.#actors.values()) await actor.leave();
    await this.#program[Symbol.asyncDispose]();
    await this.#redis?.[Symbol.asyncDispose]();
  }
}

/** A client, which hears one frame after the other. */
class Actor {
  readonly #client: TestClient;
  #heard = 0;

  constructor(client: TestClient) {
    this.#client = client;
  }

  /** What it said was worked on when this resolves, so that the next one to say something comes after it. */
  async say(text: string): Promise<void> {
    this.#client.sendRaw(text);
    if (!text.includes('"ping"')) await this.#settled();
  }

  async hears(text: string): Promise<void> {
    const next = await waitFor(`a frame like ${text}`, () => this.#client.texts[this.#heard]);
    this.#heard++;
    assert.match(next, patternOf(text));
  }

  async hearsNothing(): Promise<void> {
    if (this.#client.closed === undefined) await this.#settled();
    assert.deepEqual(this.#client.texts.slice(this.#heard), []);
  }

  leave(): Promise<void> {
    return this.#client.close();
  }

  /** Asks whether the server is there, and takes the answer out of what was heard. */
  async #settled(): Promise<void> {
    const { texts } = this.#client;
    const isPong = (text: string) => text.startsWith('{"type":"pong"');
    this.#client.send({ type: "ping" });
    const at = await waitFor("a pong", () => texts.slice(this.#heard).findIndex(isPong) + 1);
    texts.splice(this.#heard + at - 1, 1);
  }
}
