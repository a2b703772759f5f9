/** What the limits cost on the way of each message: `deno bench tests/bench/limits_bench.ts`. */
import { UserLimits } from "../../lib/limits/user_limits.ts";
import { KeyedBuckets } from "../../lib/limits/keyed_buckets.ts";
import { TokenBucket } from "../../lib/limits/rate.ts";
import { readConfig } from "../../lib/configuration.ts";

const PLENTY = { perSecond: 1e8, burst: 1e8 };
const FEW = { perSecond: 1, burst: 1 };

const { config } = readConfig({});
const users = new UserLimits({
  ...config,
  rates: { messages: PLENTY, messagesPerUser: PLENTY },
});
const traffic = users.newTraffic();
traffic.identify("", "123");
const refused = new TokenBucket(FEW, 0);
refused.take(0);
const connects = new KeyedBuckets({ perSecond: 1, burst: 1e8 });
let now = performance.now();
let address = 0;

Deno.bench("a message that passes, of its connection and of its user", () => {
  traffic.take(now += 0.001);
});

Deno.bench("a message that is refused", () => {
  refused.take(0);
});

Deno.bench("a connect, one of 100,000 addresses", () => {
  connects.take(String(address++ % 100_000), now);
});

Deno.bench("the clock, for comparison", () => {
  performance.now();
});
