/** The parts of `lib/limits/` by themselves: rates, addresses, lists, proxies, deadlines. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  addressKey,
  AddressList,
  isAddressOrNetwork,
  isOwnMachine,
  parseAddress,
  UNKNOWN_ADDRESS,
} from "../../lib/net/addresses.ts";
import { readConfig } from "../../lib/configuration.ts";
import { UserLimits } from "../../lib/limits/user_limits.ts";
import { ClientAddresses } from "../../lib/net/client_address.ts";
import { KeyedBuckets } from "../../lib/limits/keyed_buckets.ts";
import { PublishLimit } from "../../lib/limits/publish_limit.ts";
import { isRate, parseRate, type Rate, TokenBucket } from "../../lib/limits/rate.ts";

const RATE = fc.record({
  perSecond: fc.integer({ min: 1, max: 10_000 }),
  burst: fc.integer({ min: 1, max: 10_000 }),
});

// --- Rates ---

Deno.test("TokenBucket gives its burst at once, and then none for a pause", () => {
  const bucket = new TokenBucket({ perSecond: 2, burst: 3 }, 0);
  assert.deepEqual([0, 0, 0, 0].map((now) => bucket.take(now)), [0, 0, 0, 1000]);
  assert.deepEqual(
    [600, 999].map((now) => bucket.take(now)),
    [400, 1],
    "there would be one at 500",
  );
  assert.deepEqual([1000, 1000, 1000].map((now) => bucket.take(now)), [0, 0, 1000]);
});

Deno.test("TokenBucket with a burst below a second's worth pauses until it is full", () => {
  const bucket = new TokenBucket({ perSecond: 100, burst: 10 }, 0);
  for (let count = 0; count < 10; count++) assert.equal(bucket.take(0), 0);
  assert.equal(bucket.take(0), 100);
  assert.equal(bucket.isFull(99), false);
  assert.equal(bucket.isFull(100), true);
});

Deno.test("TokenBucket never gives more than its burst and its rate, and all of it to who obeys", () => {
  fc.assert(fc.property(
    RATE,
    fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 300 }),
    (rate, gaps) => {
      const bucket = new TokenBucket(rate, 0);
      let [now, taken] = [0, 0];
      for (const gap of gaps) {
        now += gap;
        const waitMs = bucket.take(now);
        assert.ok(waitMs >= 0 && waitMs <= 1000);
        if (waitMs === 0) taken++;
        // Who waits as long as it was told gets through.
        else if (bucket.take(now += waitMs) === 0) taken++;
        else assert.fail(`refused after ${waitMs} ms`);
      }
      assert.ok(taken <= rate.burst + now * rate.perSecond / 1000 + 1e-6);
    },
  ));
});

Deno.test("TokenBucket takes a clock that stands still or goes back for no time at all", () => {
  const bucket = new TokenBucket({ perSecond: 1, burst: 1 }, 1000);
  assert.equal(bucket.take(500), 0);
  assert.equal(bucket.take(500), 1000);
  assert.equal(bucket.isFull(400), false);
});

Deno.test("parseRate() reads what isRate() allows", () => {
  fc.assert(fc.property(RATE, (rate: Rate) => {
    const text = `${rate.perSecond}/${rate.burst}`;
    assert.ok(isRate(text));
    assert.deepEqual(parseRate(text), { ...rate });
  }));
  assert.equal(parseRate("off"), undefined);
  for (const text of ["", "1", "1/", "/1", "0/1", "1/0", "1/1/1", "-1/1", "1e3/1", "01/1", "a/b"]) {
    assert.equal(isRate(text), false, text);
  }
});

// --- Many keys ---

Deno.test("KeyedBuckets counts each key by itself, and forgets the ones that are full", () => {
  const buckets = new KeyedBuckets({ perSecond: 1, burst: 1 });
  assert.deepEqual(["a", "a", "b"].map((key) => buckets.take(key, 0)), [0, 1000, 0]);
  assert.equal(buckets.size, 2);
  assert.equal(buckets.take("c", 1000), 0);
  assert.equal(buckets.size, 1, "a and b are as good as new");
});

Deno.test("KeyedBuckets keeps a bounded number, those that were busy last", () => {
  const buckets = new KeyedBuckets({ perSecond: 1, burst: 10 }, 100);
  for (let key = 0; key < 1000; key++) buckets.take(`key ${key}`, 0);
  assert.equal(buckets.size, 100);
  for (let count = 0; count < 9; count++) assert.equal(buckets.take("key 999", 0), 0);
  assert.notEqual(buckets.take("key 999", 0), 0, "it was known");
});

Deno.test("KeyedBuckets never has more keys than it may, whatever comes when", () => {
  fc.assert(fc.property(
    RATE,
    fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 500 }))),
    (rate, calls) => {
      const buckets = new KeyedBuckets(rate, 10);
      let now = 0;
      for (const [key, gap] of calls) {
        buckets.take(String(key), now += gap);
        assert.ok(buckets.size <= 10);
      }
    },
  ));
});

Deno.test("KeyedBuckets without a rate refuses nothing and keeps nothing", () => {
  const buckets = new KeyedBuckets(undefined);
  for (let count = 0; count < 1000; count++) assert.equal(buckets.take("a", 0), 0);
  assert.equal(buckets.size, 0);
});

Deno.test("PublishLimit refuses the caller that sends too often, and no other", () => {
  const limit = new PublishLimit({ publishes: { perSecond: 1, burst: 2 } });
  limit.limitPublish("key one");
  limit.limitPublish("key one");
  assert.throws(() => limit.limitPublish("key one"), { code: "rate_limited" });
  limit.limitPublish("key two");
});

// --- Users ---

function userLimits(messagesPerUser: Rate | undefined, connectionsPerUser = 2): UserLimits {
  const { limits } = readConfig({}).config;
  return new UserLimits({ limits: { ...limits, connectionsPerUser }, rates: { messagesPerUser } });
}

Deno.test("UserLimits gives a user who comes back no new burst", () => {
  const users = userLimits({ perSecond: 1, burst: 2 });
  const now = performance.now();
  const taken = [];
  for (let visit = 0; visit < 3; visit++) {
    const traffic = users.newTraffic();
    traffic.identify("site", "1");
    taken.push(traffic.take(now) === 0);
    traffic.leave();
  }
  assert.deepEqual(taken, [true, true, false]);
  const other = users.newTraffic();
  other.identify("other site", "1");
  assert.equal(other.take(now), 0, "another site's user is another");
});

Deno.test("UserLimits counts a connection once, from its first word to its end", () => {
  const users = userLimits(undefined);
  const [one, two, three] = [users.newTraffic(), users.newTraffic(), users.newTraffic()];
  for (const traffic of [one, one, two]) traffic.identify("site", "1");
  assert.throws(() => three.identify("site", "1"), { code: "too_many_connections" });
  three.leave();
  one.leave();
  one.leave();
  one.identify("site", "1"); // it is gone
  users.newTraffic().identify("site", "1");
  assert.throws(() => users.newTraffic().identify("site", "1"), { code: "too_many_connections" });
});

// --- Addresses ---

const ADDRESSES: [text: string, address: string | undefined][] = [
  ["203.0.113.7", "203.0.113.7"],
  [" 203.0.113.7 ", "203.0.113.7"],
  ["203.0.113.7:8080", "203.0.113.7"],
  ["::1", "::1"],
  ["0:0:0:0:0:0:0:1", "::1"],
  ["[::1]", "::1"],
  ["[2001:db8::1]:8080", "2001:db8::1"],
  ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
  ["fe80::1%eth0", "fe80::1"],
  ["[fe80::1%25eth0]:80", "fe80::1"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["::ffff:cb00:7107", "203.0.113.7"],
  ["::FFFF:203.0.113.7%eth0", "203.0.113.7"],
  ["[::ffff:203.0.113.7]:80", "203.0.113.7"],
  ["64:ff9b::203.0.113.7", "64:ff9b::cb00:7107"],
  ["", undefined],
  ["unknown", undefined],
  ["_hidden", undefined],
  ["localhost", undefined],
  ["203.0.113", undefined],
  ["203.0.113.256", undefined],
  ["0x7f.1", undefined],
  ["127.1", undefined],
  ["2130706433", undefined],
  ["203.0.113.7:", undefined],
  ["203.0.113.7:123456", undefined],
  ["[203.0.113.7]", undefined],
  ["[::1", undefined],
  ["::1]", undefined],
  [":::", undefined],
  ["1::2::3", undefined],
  ["fe80::1%", undefined],
  ["203.0.113.7%eth0", undefined],
  ["203.0.113.7\r\nX: y", undefined],
  ["203.0.113.7, 198.51.100.1", undefined],
];
for (const [text, address] of ADDRESSES) {
  Deno.test(`parseAddress() reads ${JSON.stringify(text)} as ${address}`, () => {
    assert.equal(parseAddress(text), address);
  });
}

Deno.test("parseAddress() has one form for each address, and takes any garbage", () => {
  fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
    const address = parseAddress(text);
    assert.ok(address !== undefined, text);
    assert.equal(parseAddress(address), address);
    assert.equal(parseAddress(text.toUpperCase()), address);
    if (text.includes(":")) assert.equal(parseAddress(`[${text}%zone]:80`), address);
    assert.equal(isAddressOrNetwork(text), true);
    assert.equal(new AddressList([text]).has(address), true);
  }));
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const address = parseAddress(text);
    if (address !== undefined) assert.equal(parseAddress(address), address);
  }));
});

Deno.test("parseAddress() takes IPv4 in IPv6 for IPv4", () => {
  fc.assert(fc.property(fc.ipV4(), (text) => {
    assert.equal(parseAddress(`::ffff:${text}`), text);
    const [a = 0, b = 0, c = 0, d = 0] = text.split(".").map(Number);
    const [high, low] = [a << 8 | b, c << 8 | d].map((group) => group.toString(16));
    assert.equal(parseAddress(`0:0:0:0:0:FFFF:${high}:${low}`), text);
  }));
});

Deno.test("addressKey() is the /64 of IPv6, and the address of IPv4", () => {
  assert.equal(addressKey("203.0.113.7"), "203.0.113.7");
  assert.equal(addressKey("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  assert.equal(addressKey("2001:db8::1"), "2001:db8:0:0::/64");
  assert.equal(addressKey(UNKNOWN_ADDRESS), UNKNOWN_ADDRESS);
  fc.assert(fc.property(fc.ipV6(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (text, low) => {
    const address = parseAddress(text) ?? "";
    if (!address.includes(":")) return;
    const prefix = addressKey(address).replace("::/64", "");
    const host = low.toString(16).padStart(16, "0").replace(/(?=(?:.{4})+$)/g, ":");
    const neighbour = parseAddress(prefix + host) ?? "";
    if (neighbour.includes(":")) assert.equal(addressKey(neighbour), addressKey(address));
  }));
});

Deno.test("isOwnMachine() knows loopback and nothing else", () => {
  for (const address of ["127.0.0.1", "127.255.0.3", "::1"]) assert.ok(isOwnMachine(address));
  for (const address of ["128.0.0.1", "10.0.0.1", "::2", UNKNOWN_ADDRESS, "127.0.0.1.example"]) {
    assert.equal(isOwnMachine(address), false, address);
  }
});

Deno.test("AddressList has addresses and networks, of both kinds", () => {
  const list = new AddressList(["203.0.113.7", "198.51.100.0/24", "2001:DB8::/32", "fe80::1"]);
  const inside = ["203.0.113.7", "198.51.100.255", "2001:db8:ffff::1", "fe80::1"];
  const outside = ["203.0.113.8", "198.51.101.0", "2001:db9::1", "fe80::2", UNKNOWN_ADDRESS];
  assert.deepEqual(inside.filter((address) => !list.has(address)), []);
  assert.deepEqual(outside.filter((address) => list.has(address)), []);
});

const NO_ENTRIES = ["", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/8/8", "10.0.0.0/-1"];
for (const entry of [...NO_ENTRIES, "::ffff:10.0.0.0/104", "fe80::/10%eth0", "[::1]", "10.0.0/8"]) {
  Deno.test(`isAddressOrNetwork() refuses ${JSON.stringify(entry)}`, () => {
    assert.equal(isAddressOrNetwork(entry), false);
    assert.throws(() => new AddressList([entry]), TypeError);
  });
}

// --- Behind proxies ---

const PROXY = "127.0.0.1";
const SEEN: [what: string, peer: string, headers: Record<string, string>, address: string][] = [
  ["nobody's word but a proxy's", "203.0.113.9", { "x-forwarded-for": "1.1.1.1" }, "203.0.113.9"],
  ["a proxy's word", PROXY, { "x-forwarded-for": "203.0.113.9" }, "203.0.113.9"],
  ["a proxy that says nothing as itself", PROXY, {}, PROXY],
  [
    "what stands left as anyone's",
    PROXY,
    { "x-forwarded-for": "1.1.1.1, 203.0.113.9" },
    "203.0.113.9",
  ],
  ["two proxies", PROXY, { "x-forwarded-for": "1.1.1.1, 203.0.113.9, 10.1.2.3" }, "203.0.113.9"],
  [
    "proxies alone as the first of them",
    PROXY,
    { "x-forwarded-for": "10.0.0.1, 10.0.0.2" },
    "10.0.0.1",
  ],
  ["garbage as unknown", PROXY, { "x-forwarded-for": "203.0.113.9, <script>" }, UNKNOWN_ADDRESS],
  [
    "nothing between commas as unknown",
    PROXY,
    { "x-forwarded-for": "203.0.113.9,," },
    UNKNOWN_ADDRESS,
  ],
  ["an empty header as unknown", PROXY, { "x-forwarded-for": "" }, UNKNOWN_ADDRESS],
  ["a port", PROXY, { "x-forwarded-for": "[2001:DB8::1]:4711" }, "2001:db8::1"],
  [
    "a proxy as IPv4 in IPv6",
    "::ffff:127.0.0.1",
    { "x-forwarded-for": "::ffff:1.1.1.1" },
    "1.1.1.1",
  ],
  [
    "Forwarded",
    PROXY,
    { forwarded: 'proto=https;for="[2001:db8::1]:80", for=10.1.1.1' },
    "2001:db8::1",
  ],
  ["Forwarded in capitals", PROXY, { forwarded: "FOR=203.0.113.9;by=10.0.0.1" }, "203.0.113.9"],
  ["a hidden one as unknown", PROXY, { forwarded: "for=_secret" }, UNKNOWN_ADDRESS],
  ["Forwarded without for as unknown", PROXY, { forwarded: "proto=https" }, UNKNOWN_ADDRESS],
  [
    "X-Forwarded-For before Forwarded",
    PROXY,
    { "x-forwarded-for": "203.0.113.9", forwarded: "for=1.1.1.1" },
    "203.0.113.9",
  ],
  ["a peer without an address as unknown", "", { "x-forwarded-for": "1.1.1.1" }, UNKNOWN_ADDRESS],
];
for (const [what, peer, headers, address] of SEEN) {
  Deno.test(`ClientAddresses takes ${what}`, () => {
    const addresses = new ClientAddresses([PROXY, "10.0.0.0/8"]);
    assert.equal(addresses.of(new Headers(headers), peer), address);
  });
}

Deno.test("ClientAddresses lets no one but a proxy say who it is, whatever is sent", () => {
  const addresses = new ClientAddresses([PROXY]);
  const text = fc.stringMatching(/^[\x20-\x7e]*$/);
  fc.assert(fc.property(text, text, fc.ipV4(), (forwardedFor, forwarded, real) => {
    fc.pre(!isOwnMachine(real));
    const headers = new Headers({ "x-forwarded-for": forwardedFor, forwarded });
    assert.equal(addresses.of(headers, real), real);
    headers.set("x-forwarded-for", `${forwardedFor}, ${real}`);
    assert.equal(addresses.of(headers, PROXY), real);
  }));
});
