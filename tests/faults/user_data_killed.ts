/**
 * The data of one user while the server is killed: an erasure that is asked for until it is done leaves nothing of the user and
 * all of the others, and an export that was broken off does not look whole.
 */
import assert from "node:assert/strict";
import { Manager } from "../support/manager.ts";
import { PostgresServer } from "../support/postgres.ts";
import { waitFor } from "../support/wait.ts";
import { ChatLink, type Frame } from "./chat_link.ts";
import { Cluster } from "./cluster.ts";
import type { Random } from "./random.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { passed } from "./time.ts";

/** What each of two people says to the other: more than is erased in one transaction. */
const SAID = 120;
const AT_ONCE = 40;
/** How often an erasure is broken off at the most. */
const KILLS = 3;
/** Within so long after it has begun. */
const KILLED_WITHIN_SECONDS = 0.15;
const PAGE = 100;

interface Pair {
  readonly gone: string;
  readonly other: string;
  readonly conversation: number;
}

interface Scene {
  readonly cluster: Cluster;
  readonly manager: Manager;
  readonly random: Random;
}

export const userDataKilled: readonly Scenario[] = [
  {
    name: "the data of one user while the server is killed, SQLite",
    run: (context) => run(context, {}),
  },
  {
    name: "the data of one user while the server is killed, PostgreSQL",
    async run(context) {
      await using postgres = await PostgresServer.start();
      return await run(context, postgres.env);
    },
  },
];

async function run(
  { random, seconds, progress }: FaultContext,
  env: Readonly<Record<string, string>>,
): Promise<Report> {
  await using cluster = await Cluster.start({ nodes: 1, env: { APP_RATE_CHAT: "off", ...env } });
  const scene = { cluster, manager: await Manager.of(cluster.program(0)), random };
  let [kills, exports, pairs] = [0, 0, 0];
  for (const endsAt = performance.now() + seconds * 1000; performance.now() < endsAt;) {
    const pair = await talked(cluster, ++pairs);
    for (let left = KILLS; left >= 0; left--) {
      const exported = exportOf(scene, pair);
      const erased = eraseOf(scene, pair);
      if (left > 0) {
        await passed(random.between(0, KILLED_WITHIN_SECONDS));
        await cluster.kill(0);
        await cluster.restart(0);
        kills++;
      }
      exports += Number(await exported);
      if (await erased) break;
      assert.ok(left > 0, "nothing breaks the last one off");
    }
    await requireErased(scene, pair);
    progress(`${pairs} users erased, ${kills} times killed, ${exports} exports whole`);
  }
  const accepted = pairs * SAID;
  const notes = `${kills} times killed, ${exports} exports whole`;
  return { accepted, delivered: accepted, queued: 0, doubled: 0, notes };
}

/** Two people who have said much to each other. */
async function talked({ urls: [url = ""] }: Cluster, number: number): Promise<Pair> {
  const [gone, other] = [`gone${number}`, `other${number}`];
  using one = await entered(url, gone);
  using two = await entered(url, other);
  const made = await one.command("conversation", { kind: "private", members: [other] });
  const conversation = Number((made["conversation"] as Frame)["id"]);
  for (let first = 0; first < SAID; first += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, async (_, index) => {
      await one.command("message", { conversation, text: `secret ${first + index}` });
      await two.command("message", { conversation, text: `answer ${first + index}` });
    }));
  }
  return { gone, other, conversation };
}

async function entered(url: string, user: string): Promise<ChatLink> {
  const link = await ChatLink.open(url, () => {});
  if (link === undefined) throw new Error(`Nobody answers at ${url}`);
  await link.command("connect", { user_id: user });
  await link.command("conversations", { limit: 1 });
  return link;
}

/** Erases until nothing is left, by as many calls as a slow machine needs. Resolves with whether that was not broken off. */
async function eraseOf({ cluster, manager }: Scene, { gone }: Pair): Promise<boolean> {
  const program = cluster.program(0);
  try {
    for (;;) {
      const { status, json } = await manager.call(program, "DELETE", `/users/${gone}/data`);
      if (status !== 202) return status === 200 && json["done"] === true;
    }
  } catch (error) {
    if (error instanceof TypeError) return false; // the connection has ended
    throw error;
  }
}

/** Exports what the other one has said. Resolves with whether that looks whole; then it has to be. */
async function exportOf(scene: Scene, { other }: Pair): Promise<boolean> {
  const records = await recordsOf(scene, other).catch((error) => {
    if (error instanceof TypeError) return []; // the connection has ended
    throw error;
  });
  const end = records.at(-1);
  if (end?.["type"] !== "end") return false;
  assert.equal(end["records"], records.length - 2);
  assert.equal(records.filter(({ type }) => type === "message").length, SAID);
  return true;
}

async function recordsOf({ cluster, manager }: Scene, user: string): Promise<Frame[]> {
  const response = await fetch(`${cluster.program(0).url}/api/users/${user}/data`, {
    headers: { authorization: `Bearer ${manager.key}` },
  });
  const lines = (await response.text()).split("\n").filter((line) => line !== "");
  assert.equal(response.status, 200, lines.join());
  // The last line may be broken off.
  return lines.flatMap((line, index) => {
    try {
      return [JSON.parse(line) as Frame];
    } catch (error) {
      if (index === lines.length - 1) return [];
      throw error;
    }
  });
}

async function requireErased(scene: Scene, pair: Pair): Promise<void> {
  const { gone, other, conversation } = pair;
  // A notification of what was said to who is offline may be on its way, and is taken back then.
  await waitFor("nothing is left", async () => {
    const types = (await recordsOf(scene, gone)).map(({ type }) => type);
    const others = types.filter((type) => type !== "user" && type !== "end");
    assert.ok(others.every((type) => type === "notification"), types.join());
    return others.length === 0;
  });
  assert.ok(await exportOf(scene, pair), "an export that nothing breaks off is whole");
  const [url = ""] = scene.cluster.urls;
  using link = await entered(url, other);
  const texts: unknown[] = [];
  let [after, left] = [0, 0];
  for (let hasMore = true; hasMore;) {
    const page = await link.command("messages", { conversation, after, limit: PAGE });
    for (const { offset, user_id, text } of page["messages"] as Frame[]) {
      if (user_id === other) texts.push(text);
      else if (user_id === undefined && text === undefined) left++;
      else assert.fail(`of ${gone} is left: ${user_id} ${text}`);
      after = Number(offset);
    }
    hasMore = page["has_after"] === true;
  }
  const said = Array.from({ length: SAID }, (_, index) => `answer ${index}`);
  assert.deepEqual([texts.toSorted(), left], [said.toSorted(), SAID]);
  const found = await link.command("search", { q: "secret" });
  assert.deepEqual(found["messages"], []);
}
