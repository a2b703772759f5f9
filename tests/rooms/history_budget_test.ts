/** What one user, and a site, can fill of the stored histories is bounded in bytes. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { RoomsFile } from "../support/rooms_file.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const LIMIT = 200_000;
const LONG = "x".repeat(8000);

/** What a message takes, to within a few bytes. */
const EACH_BYTES = LONG.length + 200;

/** How many messages are said: three times as many as the limit takes. */
const COUNT = Math.ceil(3 * LIMIT / EACH_BYTES);

const RULES = {
  rooms: [{ pattern: "*", persistent: true, history: { size: 1000, seconds: 3600 } }],
};

interface Said {
  readonly what: string;
  readonly setting: string;
  /** The user that says the message of this number. */
  user(each: number): number;
  room(each: number): string;
}

const TALKS: readonly Said[] = [
  { what: "one user in one room", setting: "USER", user: () => 1, room: () => "room-0" },
  {
    what: "one user in many rooms",
    setting: "USER",
    user: () => 1,
    room: (each) => `room-${each % 6}`,
  },
  {
    what: "many users of a site",
    setting: "SITE",
    user: (each) => each % 5,
    room: (each) => `room-${each % 7}`,
  },
];

for (const engine of ["embedded", "redis"]) {
  for (const { what, setting, user, room } of TALKS) {
    Deno.test(`${engine} engine: ${what} cannot fill more than the limit`, async () => {
      await using rooms = await RoomsFile.write(RULES);
      await using redis = engine === "redis" ? await RedisServer.start() : undefined;
      await using program = await Program.start({
        env: {
          ...redis?.env,
          APP_ROOMS: rooms.path,
          [`APP_LIMIT_HISTORY_${setting}`]: String(LIMIT),
        },
      });
      await using other = await TalkingUser.connect(program, 99);
      if (setting === "USER") await other.say("other", "stays");
      const talking = new Map<number, TalkingUser>();
      for (let each = 0; each < COUNT; each++) {
        const id = user(each);
        talking.set(id, talking.get(id) ?? await TalkingUser.connect(program, id));
        await talking.get(id)?.say(room(each), LONG);
      }
      const names = [...new Set(Array.from({ length: COUNT }, (_, each) => room(each)))];
      const bytes = await waitFor("it is within the limit", async () => {
        await other.say("other", "a little more, which is noticed");
        const kept = await Promise.all(names.map((name) => other.kept(name)));
        const bytes = kept.flat().filter((text) => text === LONG).length * EACH_BYTES;
        return bytes <= LIMIT && bytes;
      });
      assert.ok(bytes > LIMIT / 2, `${bytes} are left`);
      const last = room(COUNT - 1);
      assert.equal((await other.kept(last)).at(-1), LONG, "the last message stays");
      if (setting === "USER") assert.equal((await other.kept("other"))[0], "stays");
      const stats = await (await fetch(`${program.url}/api/stats`)).json();
      assert.ok(stats.dropped_history > 0);
      for (const each of talking.values()) await each[Symbol.asyncDispose]();
    });
  }
}

Deno.test("embedded engine: after a restart a site has no more than its limit, too", async () => {
  const dataDir = await Deno.makeTempDir();
  await using rooms = await RoomsFile.write(RULES);
  const start = (limit: string) =>
    Program.start({ dataDir, env: { APP_ROOMS: rooms.path, APP_LIMIT_HISTORY_SITE: limit } });
  {
    await using program = await start("off");
    await using user = await TalkingUser.connect(program, 1);
    for (let each = 0; each < COUNT; each++) await user.say("lobby", LONG);
    assert.equal((await user.kept("lobby")).length, COUNT);
  }
  {
    await using program = await start(String(LIMIT));
    await using user = await TalkingUser.connect(program, 1);
    await user.say("other", "a little more");
    await waitFor("it is within the limit", async () => {
      return (await user.kept("lobby")).length * EACH_BYTES <= LIMIT;
    });
  }
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("embedded engine: after a restart a user has no more than the limit, too", async () => {
  const dataDir = await Deno.makeTempDir();
  await using rooms = await RoomsFile.write(RULES);
  const env = { APP_ROOMS: rooms.path, APP_LIMIT_HISTORY_USER: String(LIMIT) };
  const fewer = Math.floor(0.8 * LIMIT / EACH_BYTES);
  {
    await using program = await Program.start({ dataDir, env });
    await using user = await TalkingUser.connect(program, 1);
    await using other = await TalkingUser.connect(program, 2);
    await other.say("other", "stays");
    for (let each = 0; each < fewer; each++) await user.say("before", LONG);
    program.kill("SIGKILL");
    await program.ended();
  }
  {
    await using program = await Program.start({ dataDir, env });
    await using user = await TalkingUser.connect(program, 1);
    for (let each = 0; each < fewer; each++) await user.say("after", LONG);
    await waitFor("it is within the limit", async () => {
      await user.say("other", "a little more, which is noticed");
      const [before, after] = [await user.kept("before"), await user.kept("after")];
      const bytes = (before.length + after.length) * EACH_BYTES;
      return bytes > LIMIT / 2 && bytes <= LIMIT;
    });
    assert.equal((await user.kept("other"))[0], "stays");
  }
  await Deno.remove(dataDir, { recursive: true });
});

class TalkingUser implements AsyncDisposable {
  readonly #client: TestClient;

  private constructor(client: TestClient) {
    this.#client = client;
  }

  static async connect({ webSocketUrl }: Program, user: number): Promise<TalkingUser> {
    const client = await TestClient.connectV2(webSocketUrl);
    await client.command("connect", { user_id: user });
    return new TalkingUser(client);
  }

  async say(room: string, message: string): Promise<void> {
    await this.#client.command("publish", { room, message });
  }

  /** The messages of a room that are kept, oldest first: all pages of them. */
  async kept(room: string): Promise<string[]> {
    await this.#client.command("subscribe", { room });
    const { offset, epoch } = await this.#client.command("history", { room, limit: 1 });
    const texts: string[] = [];
    for (let since = 0; since < Number(offset);) {
      const page = await this.#client.command("history", {
        room,
        limit: 100,
        since: { offset: since, epoch },
      });
      const publications = page["publications"] as { offset: number; message: string }[];
      if (publications.length === 0) break;
      texts.push(...publications.map(({ message }) => message));
      since = publications.at(-1)?.offset ?? since;
    }
    return texts;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client[Symbol.asyncDispose]();
  }
}
