/**
 * A server stands still for longer than a command of Redis may take, as in a virtual machine that is paused, while requests
 * come: what it answers is true. What was accepted is there, what was refused is not, and where it cannot know, it says so.
 */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { waitFor } from "../support/wait.ts";
import { Ledger } from "./ledger.ts";
import { readInbox } from "./online_user.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { passed } from "./time.ts";

const RATE = 200;
const FROZEN_SECONDS = 6;
/** Each way to Redis and back takes so long, so that many commands are under way at each moment. */
const DELAY_MS = 100;
const USERS = ["a", "b", "c", "d"];

/** What an answer may say. */
interface Answers {
  accepted: number;
  /** Nothing was accepted: the code is `unavailable`. */
  refused: number;
  /** The code is `unconfirmed`. */
  unknown: number;
}

export const serverFrozen: readonly Scenario[] = [
  {
    name: "server frozen for 6 s, SQLite",
    async run(context: FaultContext): Promise<Report> {
      await using program = await Program.start({ env: { APP_LIMIT_INBOX: "off" } });
      return await freeze(program, context);
    },
  },
  {
    name: "server frozen for 6 s, Redis",
    async run(context: FaultContext): Promise<Report> {
      await using redis = await RedisServer.start();
      await using proxy = new TcpProxy(redis.port);
      proxy.delayMs = DELAY_MS;
      const env = { REDIS_URL: `redis://127.0.0.1:${proxy.port}`, APP_LIMIT_INBOX: "off" };
      await using program = await Program.start({ env });
      return await freeze(program, context);
    },
  },
];

async function freeze(program: Program, { seconds, progress }: FaultContext): Promise<Report> {
  const ledger = new Ledger();
  const answers: Answers = { accepted: 0, refused: 0, unknown: 0 };
  const refused = new Set<string>();
  const asking: Promise<void>[] = [];
  let count = 0;
  const ask = setInterval(() => {
    const [user, id] = [USERS[count % USERS.length] ?? "", `frozen-${count}`];
    count++;
    ledger.sent(user, id);
    asking.push(
      notify(program, user, id).then((code) => {
        if (code === "unavailable") {
          answers.refused++;
          refused.add(id);
        } else if (code === "unconfirmed") answers.unknown++;
        else {
          answers.accepted++;
          ledger.accepted(user, id);
        }
      }),
    );
  }, 1000 / RATE);
  try {
    await passed(seconds / 2);
    program.kill("SIGSTOP");
    await passed(FROZEN_SECONDS);
    program.kill("SIGCONT");
    progress(`it goes on, after ${count} requests`);
    const before = answers.accepted;
    await waitFor("it accepts again", () => answers.accepted >= before + RATE * seconds / 2);
  } finally {
    program.kill("SIGCONT");
    clearInterval(ask);
    await Promise.allSettled(asking);
  }
  await Promise.all(asking);
  for (const user of USERS) {
    const ids = await readInbox(program.webSocketUrl, user);
    ledger.left(user, ids);
    assert.deepEqual(ids.filter((id) => refused.has(id)), [], "refused, and there all the same");
  }
  return { ...ledger.check(), notes: `${answers.refused} refused, ${answers.unknown} unconfirmed` };
}

/** Resolves with the code of the refusal, `undefined` where it was accepted. */
async function notify({ url }: Program, user: string, id: string): Promise<string | undefined> {
  const headers = { "Idempotency-Key": id };
  const path = `/api/users/${user}/notifications`;
  const answer = await fetch(`${url}${path}`, { method: "POST", headers, body: id });
  const { code } = await answer.json();
  if (answer.ok) return undefined;
  assert.match(String(code), /^(unavailable|unconfirmed)$/, `${answer.status}`);
  return code;
}
