/**
 * Thousands of memberships on one node whose Redis is cut off again and again, also in the middle of restoring them, and
 * that vanish at once in the end: presence is whole each time, and what others say and are sent goes on.
 */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";
import { Ledger } from "./ledger.ts";
import { OnlineUser, readInbox } from "./online_user.ts";
import { readiness } from "./readiness.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { passed } from "./time.ts";

const CLIENTS = 40;
const ROOMS = 100;
const CUTS = 6;

const USER = "listener";

export const MANY_MEMBERSHIPS: Scenario = {
  name: "redis cut off again and again under many memberships",
  async run({ random, progress }: FaultContext): Promise<Report> {
    await using redis = await RedisServer.start();
    await using proxy = new TcpProxy(redis.port);
    const REDIS_URL = `redis://127.0.0.1:${proxy.port}`;
    await using program = await Program.start({ env: { REDIS_URL, APP_RATE_MESSAGES: "off" } });
    const ledger = new Ledger();
    using listener = new OnlineUser(program.webSocketUrl, USER, ledger);
    await listener.isOnline();
    const crowd = await enter(program);
    for (let cut = 1; cut <= CUTS; cut++) {
      proxy.cut();
      await passed(random.next() * 0.6); // sometimes in the middle of what the cut before has begun
    }
    await waitFor("it is ready", async () => (await readiness(program.url)).status === 200);
    await waitFor("presence is whole", async () => await presentClients(redis) === CLIENTS * ROOMS);
    progress(`${CLIENTS * ROOMS} memberships are restored`);
    await notify(program, ledger, "restored");
    // The listener may still be on its way back from the last cut; what waits for it then is gone with Redis' data.
    await waitFor("these have arrived", () => ledger.missing([USER]) === 0);

    await redis.stop("SIGKILL"); // with all that it had
    await redis.restart();
    await waitFor("presence is whole", async () => await presentClients(redis) === CLIENTS * ROOMS);
    await notify(program, ledger, "anew");

    await Promise.all(crowd.map((client) => client.close()));
    await notify(program, ledger, "meanwhile");
    await waitFor("they are gone", async () => await presentClients(redis) === 0);
    await waitFor("all has arrived", () => ledger.missing([USER]) === 0);
    ledger.left(USER, await readInbox(program.webSocketUrl, USER));
    return ledger.check();
  },
};

async function enter(program: Program): Promise<TestClient[]> {
  return await Promise.all(Array.from({ length: CLIENTS }, async (_, user) => {
    const client = await TestClient.connect(program.webSocketUrl);
    for (let room = 0; room < ROOMS; room++) {
      client.send({ type: "keepalive", user_id: `u${user}`, room: `${user}-${room}` });
    }
    await client.settled();
    return client;
  }));
}

/** How many clients the leases of living nodes stand for. */
export async function presentClients(redis: RedisServer): Promise<number> {
  const [lease = "", ...others] = (await redis.call("ZRANGE", "notifyli:leases", "0", "-1")).split(
    "\n",
  );
  if (others.length > 0) return -1; // one that has ended is not swept yet
  return Number(await redis.call("SCARD", `notifyli:lease:${lease}`));
}

async function notify({ url }: Program, ledger: Ledger, name: string): Promise<void> {
  for (let number = 0; number < 10; number++) {
    const id = `${name}-for-${USER}-${number}`;
    ledger.sent(USER, id);
    const path = `/api/users/${USER}/notifications?room=/user/${USER}`;
    const headers = { "Idempotency-Key": id };
    const answer = await fetch(`${url}${path}`, { method: "POST", headers, body: id });
    await answer.body?.cancel();
    assert.equal(answer.status, 201);
    ledger.accepted(USER, id, "http");
  }
}
