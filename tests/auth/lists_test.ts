/** The lists of keys, blocks and revocations against the running program, on both engines: each comes page by page. */
import assert from "node:assert/strict";
import type { ApiKey } from "../../lib/auth/keys/store.ts";
import type { Revocation, RevocationKind } from "../../lib/auth/revocations/store.ts";
import { run, taskCommand } from "../support/command.ts";
import { type FullEngine, openFullEmbedded, openFullRedis, QUIET } from "../support/engines.ts";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";

/** More than one page may have. */
const MANY = 1010;
/** Shorter than a page of as many entries as may be asked for. */
const MOST_CHARACTERS = 250_000;

/** Of two sites, many of one moment. */
const API_KEYS: readonly ApiKey[] = [
  ...names("key", MANY).map((name, index) => apiKey(name, "default", index)),
  ...names("foreign", 3).map((name, index) => apiKey(name, "acme", index)),
];

type Json = Record<string, unknown>;

interface Place extends AsyncDisposable {
  readonly program: Program;
  readonly env: Readonly<Record<string, string>>;
}

const PLACES: Readonly<Record<string, () => Promise<Place>>> = {
  async embedded() {
    const dataDir = await Deno.makeTempDir();
    {
      await using engine = await openFullEmbedded({ dataDir });
      await Promise.all(API_KEYS.map((key) => engine.keys.create(key)));
      await revokeMany(engine);
    }
    const program = await Program.start({ dataDir });
    const env = { APP_PORT: String(program.port), APP_DATA_DIR: dataDir };
    return {
      ...{ program, env },
      async [Symbol.asyncDispose]() {
        await program[Symbol.asyncDispose]();
        await Deno.remove(dataDir, { recursive: true });
      },
    };
  },
  async redis() {
    const redis = await RedisServer.start();
    {
      await using engine = await openFullRedis(redis);
      await revokeMany(engine);
    }
    const stored = API_KEYS.flatMap(({ id, ...rest }) => [id, JSON.stringify(rest)]);
    await redis.call("HSET", "notifyli:api-keys", ...stored);
    const program = await Program.start({ env: redis.env });
    return {
      ...{ program, env: redis.env },
      async [Symbol.asyncDispose]() {
        await program[Symbol.asyncDispose]();
        await redis[Symbol.asyncDispose]();
      },
    };
  },
};

for (const [engine, start] of Object.entries(PLACES)) {
  Deno.test(`lists of keys, blocks and revocations come in pages, each entry once (${engine})`, async () => {
    await using place = await start();
    const { program, env } = place;
    const manager = await Manager.of(program);

    const keys = await walk(manager, program, "/keys?limit=1000", "keys");
    assert.deepEqual(keys.map(({ name }) => name), [...names("key", MANY), "ops"], "oldest first");
    const first = await listed(manager, program, "/keys", "keys");
    assert.deepEqual([first.entries.length, typeof first.next], [50, "string"]);
    const { stdout } = await run([...taskCommand("key"), "list", "--site", "default"], { env });
    assert.equal(stdout.trim().split("\n").length, 1 + MANY + 1, "the command lists all of them");

    const blocks = await walk(manager, program, "/blocks?limit=7", "blocks", async () => {
      await manager.done(program, "/users/late/block", { seconds: 3600 });
    });
    assert.deepEqual(
      blocks.map(({ user_id }) => user_id).sort(),
      names("user", 100).sort(),
      "what comes first meanwhile moves no page",
    );

    const long = await listed(manager, program, "/revocations?limit=1000", "revocations");
    assert.ok(long.characters < MOST_CHARACTERS + 1000, `${long.characters}`);
    assert.equal(typeof long.next, "string", "it was cut by its length");
    const revoked = await walk(manager, program, "/revocations?limit=1000", "revocations");
    assert.equal(new Set(revoked.map(({ token_id }) => token_id)).size, MANY);
    assert.equal(revoked.length, MANY);
    const times = revoked.map(({ revoked_at }) => Number(revoked_at));
    assert.deepEqual(times, [...times].sort((one, other) => other - one), "newest first");
  });
}

Deno.test("what asks for no page of a list is refused by its name", async () => {
  await using program = await Program.start();
  const manager = await Manager.of(program);
  for (const list of ["/keys", "/blocks", "/revocations"]) {
    for (
      const [query, field] of [["limit=0", "limit"], ["limit=1001", "limit"], [
        "cursor=x",
        "cursor",
      ]]
    ) {
      const { status, json } = await manager.call(program, "GET", `${list}?${query}`);
      assert.deepEqual([status, json["field"]], [400, field], `${list}?${query}`);
    }
  }
});

/** Revokes and blocks many, some of them in one moment. */
async function revokeMany(engine: FullEngine): Promise<void> {
  await engine.run(QUIET);
  const blocked = names("user", 100).map((name, index) => revocation("block", name, index));
  const tokens = names("t".repeat(250), MANY)
    .map((name, index) => revocation("token", name, index));
  await Promise.all([...blocked, ...tokens].map((each) => engine.revocations.add(each)));
}

function apiKey(name: string, site: string, index: number): ApiKey {
  const id = `${site === "default" ? "D" : "A"}${String(index).padStart(11, "0")}`;
  const createdAt = 1_700_000_000_000 + Math.floor(index / 10);
  return { id, name, site, scopes: ["read"], hash: "0".repeat(64), createdAt };
}

function revocation(kind: RevocationKind, name: string, index: number): Revocation {
  return { site: "default", kind, name, at: 1_700_000_000_000 + 1000 * Math.floor(index / 10) };
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(5, "0")}`);
}

/** All entries of a list, page by page. @param between is called once, after the first page */
async function walk(
  manager: Manager,
  program: Program,
  path: string,
  noun: string,
  between?: () => Promise<void>,
): Promise<Json[]> {
  const all: Json[] = [];
  let page = await listed(manager, program, path, noun);
  await between?.();
  for (;;) {
    all.push(...page.entries);
    if (page.next === undefined) return all;
    page = await listed(manager, program, `${path}&cursor=${page.next}`, noun);
  }
}

async function listed(manager: Manager, program: Program, path: string, noun: string) {
  const { status, json } = await manager.call(program, "GET", path);
  assert.equal(status, 200, JSON.stringify(json));
  return {
    entries: json[noun] as Json[],
    next: json["next"],
    characters: JSON.stringify(json).length,
  };
}
