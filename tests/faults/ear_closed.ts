/**
 * Nodes stand still under PUBLISH, one after the other, until Redis closes their ears at its output buffer limit: what one of
 * them heard is delivered, once, and each node counts what happened to it.
 */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";
import { Ledger } from "./ledger.ts";
import { OnlineUser, readInbox } from "./online_user.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";

const CHANNEL = "notifyli:messages";
/** So little that a node which stands still loses its ear soon. */
const LIMIT = "pubsub 1mb 1mb 60";
const USERS = ["one", "two", "three", "four", "five"];
const PIECE = 200;
const LONG = "x".repeat(3000);

export const EAR_CLOSED: Scenario = {
  name: "redis closes the ears of nodes that stand still",
  async run({ random, progress }: FaultContext): Promise<Report> {
    await using redis = await RedisServer.start();
    const env = { ...redis.env, APP_LIMIT_INBOX: "off" };
    await using one = await Program.start({ env });
    await using two = await Program.start({ env });
    for (const node of [one, two]) await node.hearsRedis();
    await redis.call("CONFIG", "SET", "client-output-buffer-limit", LIMIT);
    const ledger = new Ledger();
    using online = new DisposableStack();
    for (const user of USERS) {
      const { webSocketUrl } = random.pick([one, two]);
      await online.use(new OnlineUser(webSocketUrl, user, ledger)).isOnline();
    }
    const publishing = new Publishing(redis, ledger);
    await publishing.publish(PIECE);
    const nodes = random.shuffled([one, two, one]);
    for (const [round, node] of nodes.entries()) {
      const awake = node === one ? two : one;
      node.kill("SIGSTOP");
      try {
        while (await ears(redis) === 2) {
          const heard = (await stats(awake))["bridge_received"]! + PIECE;
          await publishing.publish(PIECE);
          await waitFor(
            "it is heard",
            async () => (await stats(awake))["bridge_received"]! >= heard,
          );
        }
      } finally {
        node.kill("SIGCONT");
      }
      progress(`ear ${round + 1} is closed after ${ledger.acceptedCount} published`);
      await waitFor("it hears again", async () => await ears(redis) === 2);
      await publishing.publish(PIECE);
    }
    await waitFor("all users have theirs", () => ledger.missing(USERS) === 0);
    publishing.end();
    const [first, second] = [await stats(one), await stats(two)];
    const sum = (name: string) => (first[name] ?? 0) + (second[name] ?? 0);
    assert.equal(sum("bridge_cut_off"), nodes.length, "each cut is counted");
    assert.equal(sum("bridge_routed"), ledger.acceptedCount, "each was stored by one node");
    assert.equal(sum("bridge_refused"), 0);
    for (const user of USERS) ledger.left(user, await readInbox(one.webSocketUrl, user));
    return { ...ledger.check(), notes: `${sum("bridge_gaps")} gaps` };
  },
};

/** Publishes with ids, and knows what Redis took. */
class Publishing {
  readonly #redis;
  #count = 0;

  constructor(redis: RedisServer, readonly ledger: Ledger) {
    this.#redis = redis.connect();
  }

  async publish(count: number): Promise<void> {
    const pipeline = this.#redis.pipeline();
    const sent = Array.from({ length: count }, () => {
      const [user, id] = [USERS[this.#count % USERS.length] ?? "", `published-${this.#count}`];
      this.#count++;
      this.ledger.sent(user, id);
      const payload = { user_id: user, room: `/user/${user}`, message: LONG, id };
      pipeline.publish(CHANNEL, JSON.stringify(payload));
      return { user, id };
    });
    await pipeline.exec();
    for (const { user, id } of sent) this.ledger.accepted(user, id, "publish");
  }

  end(): void {
    this.#redis.disconnect();
  }
}

/** How many connections hear the message channel. */
async function ears(redis: RedisServer): Promise<number> {
  return Number((await redis.call("PUBSUB", "NUMSUB", CHANNEL)).split("\n")[1]);
}

async function stats({ url }: Program): Promise<Record<string, number>> {
  return await (await fetch(`${url}/api/stats`)).json();
}
