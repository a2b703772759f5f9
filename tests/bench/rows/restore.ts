/** Redis is back, empty: who is in which room is written anew, while others are answered. */
import { presentClients } from "../../faults/many_memberships.ts";
import { RedisServer } from "../../support/redis.ts";
import { TestClient } from "../../support/test_client.ts";
import { waitFor } from "../../support/wait.ts";
import { tokenFor } from "../loads/dialects.ts";
import { columns, meanwhile } from "../meanwhile.ts";
import type { Row } from "../row.ts";
import { startNotifyli } from "../servers.ts";

const CLIENTS = 500;
const ROOMS = 100;
const MEMBERSHIPS = CLIENTS * ROOMS;
/** Some clients enter their rooms at the same time. */
const ENTERING = 50;
const WAITER_SECONDS = 30;

export const restore: Row = {
  name: "restore",
  question: "Redis is back, empty, with 50,000 memberships on a node: until all are written anew",
  async measure(bench) {
    await using redis = await RedisServer.start();
    const env = { APP_RATE_CONNECTS_IP: "off" };
    await using server = await startNotifyli({ listener: "node", redis, env });
    const clients: TestClient[] = [];
    for (let first = 0; first < CLIENTS; first += ENTERING) {
      const users = Array.from({ length: ENTERING }, (_, index) => first + index + 2);
      clients.push(...await Promise.all(users.map((user) => enter(server, user))));
    }
    await waitFor("all are in", async () => await presentClients(redis) >= MEMBERSHIPS);
    bench.progress(`${MEMBERSHIPS} memberships`);
    const seen = await meanwhile(server, async () => {
      await redis.stop("SIGKILL");
      await redis.restart();
      await waitFor("all are in again", async () => await presentClients(redis) >= MEMBERSHIPS);
    }, WAITER_SECONDS);
    for (const client of clients) await client[Symbol.asyncDispose]();
    return {
      checks: [
        { what: "all are written", value: seen.seconds, target: 10, is: "at most", unit: "s" },
        { what: "longest wait", value: seen.longestMs, target: 500, is: "at most", unit: "ms" },
        { what: "memory grown", value: seen.grownMiB, target: 200, is: "at most", unit: "MiB" },
      ],
      details: [{ server: "node listener, on Redis", ...columns(seen) }],
    };
  },
};

/** A client of version 2 in all of its rooms. Redis was away: it is closed to come back, and stays away. */
async function enter(
  { ports, key }: { readonly ports: readonly number[]; readonly key: string },
  user: number,
): Promise<TestClient> {
  const url = `ws://127.0.0.1:${ports[0]}/ws`;
  const protocols = ["notifyli.v1", `notifyli.token.${tokenFor(user, key)}`];
  const client = await TestClient.connectAs(url, { protocols });
  for (let room = 0; room < ROOMS; room++) {
    client.send({ type: "keepalive", room: `${user}-${room}` });
  }
  await client.settled();
  return client;
}
