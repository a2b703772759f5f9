/**
 * Keys of one user's inbox become another type, one after the other, while notifications come by the stream for all: those for
 * this user are kept aside or stored, those for the others are delivered, and nothing waits for them.
 */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";
import { Ledger } from "./ledger.ts";
import { OnlineUser, readInbox } from "./online_user.ts";
import { RedisLoad } from "./redis_load.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { passed } from "./time.ts";

const BROKEN = "broken";
const USERS = ["one", "two", "three"];
const RATE_PER_USER = 50;
const PARTS = ["frames", "order", "queued", "unread"];

/** Each in one step: what came between two of them would be lost by this scenario. */
const BREAK = "redis.call('RENAME', KEYS[1], KEYS[2]) return redis.call('SET', KEYS[1], 'x')";
const MEND = "return redis.call('RENAME', KEYS[2], KEYS[1])";

export const INBOX_BROKEN: Scenario = {
  name: "one user's inbox broken under a stream for all",
  async run({ random, seconds, progress }: FaultContext): Promise<Report> {
    await using redis = await RedisServer.start();
    const env = { ...redis.env, APP_LIMIT_INBOX: "off" };
    await using program = await Program.start({ env });
    const { webSocketUrl } = program;
    const ledger = new Ledger();
    using online = new DisposableStack();
    for (const user of USERS) {
      await online.use(new OnlineUser(webSocketUrl, user, ledger)).isOnline();
    }
    await using adding = new RedisLoad({
      port: redis.port,
      way: "xadd",
      users: [BROKEN, ...USERS],
      ledger,
      ratePerUser: RATE_PER_USER,
    });
    for (const part of random.shuffled(PARTS)) {
      const key = `notifyli:inbox-${part}:{${BROKEN}}`;
      await passed(seconds / PARTS.length / 2);
      assert.equal(await redis.call("EVAL", BREAK, "2", key, `${key}.whole`), "OK");
      await passed(seconds / PARTS.length / 2);
      assert.equal(await redis.call("EVAL", MEND, "2", key, `${key}.whole`), "OK");
    }
    await adding.end();
    await waitFor("all others have theirs", () => ledger.missing(USERS) === 0);
    await waitFor("the stream is empty", async () => {
      return await redis.call("XLEN", "notifyli:notifications") === "0";
    });
    const aside = (await redis.entriesOf("notifyli:notifications-dead")).map(({ id }) => id ?? "");
    assert.ok(aside.length > 0, "something was refused");
    progress(`${aside.length} are kept aside`);
    for (const user of USERS) ledger.left(user, await readInbox(webSocketUrl, user));
    ledger.left(BROKEN, [...await readInbox(webSocketUrl, BROKEN), ...aside].sort());
    return { ...ledger.check(), notes: `${aside.length} kept aside` };
  },
};
