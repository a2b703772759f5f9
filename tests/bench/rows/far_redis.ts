/** Redis is 50 ms away: the client library enters all of its rooms. */
import { connect } from "../../../lib/sdk/mod.ts";
import { RedisServer } from "../../support/redis.ts";
import { TcpProxy } from "../../support/tcp_proxy.ts";
import { waitFor } from "../../support/wait.ts";
import { tokenFor } from "../loads/dialects.ts";
import { digits, type Row } from "../row.ts";
import { median } from "../run_load.ts";
import { startNotifyli } from "../servers.ts";

const ROOMS = 100;
/** Each way: an answer is there after twice that. */
const DELAY_MS = 25;

export const farRedis: Row = {
  name: "far-redis",
  question: "A Redis that is 50 ms away: the library is in 100 rooms, and knows who is there",
  async measure(bench) {
    const all: number[] = [];
    for (let round = 1; round <= bench.rounds; round++) {
      const seconds = await once();
      bench.progress(`${digits(seconds)} s (round ${round} of ${bench.rounds})`);
      all.push(seconds);
    }
    const seconds = median(all, (each) => each);
    return {
      checks: [{ what: "in all rooms", value: seconds, target: 2, is: "at most", unit: "s" }],
      details: all.map((each, round) => ({ round: String(round + 1), s: digits(each) })),
    };
  },
};

/** Resolves with the seconds that it took, from a client that is online on. */
async function once(): Promise<number> {
  await using redis = await RedisServer.start();
  await using proxy = new TcpProxy(redis.port);
  const env = { REDIS_URL: `redis://127.0.0.1:${proxy.port}` };
  await using server = await startNotifyli({ listener: "node", env });
  proxy.delayMs = DELAY_MS;
  const url = `ws://127.0.0.1:${server.ports[0]}/ws`;
  const client = connect({ url, token: tokenFor(2, server.key) });
  try {
    await waitFor("it is online", () => client.state.kind === "online");
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: ROOMS }, (_, room) => {
      const entered = Promise.withResolvers<void>();
      const subscription = client.subscribe(`room-${room}`, () => {}, { presence: true });
      subscription.on("presence", () => subscription.users.length > 0 && entered.resolve());
      return entered.promise;
    }));
    return (performance.now() - startedAt) / 1000;
  } finally {
    client.close();
  }
}
