/** The sender's patience, on a clock that does not wait: what is tried again, when, and what is given up. */
import assert from "node:assert/strict";
import type { ServerClock } from "../../lib/base/clock.ts";
import { webhookCounters } from "../../lib/hooks/metrics.ts";
import { failedPauseMs, refusedPauseMs } from "../../lib/hooks/retry.ts";
import { retryAfterMs } from "../../lib/net/retry_after.ts";
import { secretKey, signatureHeaders } from "../../lib/hooks/signature.ts";
import { RECEIPTS } from "../../lib/hooks/receipts.ts";
import { WebhookSender } from "../../lib/hooks/sender.ts";
import { type FullEngine, openFullEmbedded } from "../support/engines.ts";
import { type Answer, Receiver, SECRET } from "../support/receiver.ts";
import { runTask } from "../support/tasks.ts";
import { waitFor } from "../support/wait.ts";

const HOUR_MS = 3_600_000;

Deno.test("signatureHeaders() signs as the standard's own example", () => {
  const headers = signatureHeaders('{"test": 2432232314}', {
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    time: 1614265330_999,
    secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
  });
  assert.deepEqual(headers, {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});

Deno.test("secretKey() takes 24 to 64 bytes", () => {
  for (const [length, isKey] of [[23, false], [24, true], [64, true], [65, false]] as const) {
    const key = secretKey(`whsec_${btoa("x".repeat(length))}`);
    assert.equal(key?.length, isKey ? length : undefined);
  }
});

Deno.test("failedPauseMs() is 1 s, doubling up to 5 minutes, a quarter more or less", () => {
  const middle = (failures: number) => failedPauseMs(failures, () => 0.5) / 1000;
  assert.deepEqual([1, 2, 3, 8, 9, 10, 99].map(middle), [1, 2, 4, 128, 256, 300, 300]);
  assert.deepEqual([0, 1].map((random) => failedPauseMs(1, () => random)), [750, 1250]);
});

Deno.test("refusedPauseMs() allows five tries in a minute", () => {
  const pauses = [1, 2, 3, 4].map((times) => refusedPauseMs(times) ?? 0);
  assert.equal(pauses.reduce((sum, each) => sum + each), 60_000);
  assert.equal(refusedPauseMs(5), undefined);
});

const NOW = Date.parse("2026-01-01T00:00:00Z");
const RETRY_AFTER: [header: string | null, ms: number | undefined][] = [
  [null, undefined],
  ["", undefined],
  ["soon", undefined],
  ["-5", undefined],
  ["0", 1000],
  ["120", 120_000],
  ["7200", HOUR_MS],
  ["Thu, 01 Jan 2026 00:02:00 GMT", 120_000],
  ["Thu, 01 Jan 2026 09:00:00 GMT", HOUR_MS],
  ["Wed, 31 Dec 2025 00:00:00 GMT", 1000],
];
for (const [header, ms] of RETRY_AFTER) {
  Deno.test(`retryAfterMs() reads ${JSON.stringify(header)} as ${ms}`, () => {
    assert.equal(retryAfterMs(header, NOW), ms);
  });
}

for (const status of [200, 201, 204, 299]) {
  Deno.test(`an answer with ${status} takes the receipts`, async () => {
    await using test = await Test.start(() => new Response(null, { status }));
    await waitFor("they are counted", () => test.counters.sent.value === 1);
    assert.deepEqual([test.counters.failed.value, test.pauses], [0, []]);
  });
}

for (const status of [408, 425, 429, 500, 502, 503, 504]) {
  Deno.test(`an answer with ${status} is tried again and again`, async () => {
    await using test = await Test.start((_, count) =>
      new Response(null, { status: count < 12 ? status : 200 })
    );
    await waitFor("it is taken", () => test.counters.sent.value === 1);
    assert.equal(test.counters.failed.value, 11);
    for (const [index, pause] of test.pauses.entries()) {
      const middle = Math.min(300_000, 1000 * 2 ** index);
      assert.ok(Math.abs(pause - middle) <= middle / 4, `pause ${index} is ${pause} ms`);
    }
    assert.equal(test.pauses.length, 11);
  });
}

for (const status of [301, 302, 307, 308, 400, 401, 404, 410, 413]) {
  Deno.test(`an answer with ${status} is a refusal: given up after five tries`, async () => {
    await using test = await Test.start(({ path }) => {
      assert.match(path, /^\/hook/, "a redirect is not followed");
      return new Response(null, { status, headers: { location: "/elsewhere" } });
    });
    await waitFor("it is given up", () => test.counters.dropped.value === 1);
    assert.equal(test.receiver.told.length, 5);
    assert.equal(new Set(test.receiver.told.map(({ id }) => id)).size, 1);
    assert.deepEqual(test.pauses, [4_000, 8_000, 16_000, 32_000]);
    test.receiver.answer = () => new Response();
    await test.deliver("n-2");
    await waitFor("the next one is told", () => test.counters.sent.value === 1);
    assert.deepEqual(test.receiver.receipts.map(({ id }) => id), ["n-1", "n-2"]);
  });
}

Deno.test("Retry-After goes before the doubling pause, for up to an hour", async () => {
  await using test = await Test.start((_, count) =>
    count === 3
      ? new Response()
      : new Response(null, { status: 503, headers: { "retry-after": count === 1 ? "7" : "9999" } })
  );
  await waitFor("it is taken", () => test.counters.sent.value === 1);
  assert.deepEqual(test.pauses, [7000, HOUR_MS]);
});

Deno.test("what fails for three days is given up, with all that is as old, and the rest is kept", async () => {
  let isFailing = true;
  await using test = await Test.start(() => {
    return new Response(null, {
      status: isFailing ? 503 : 200,
      headers: { "retry-after": "3600" },
    });
  });
  for (const id of ["n-2", "n-3"]) await test.deliver(id);
  await waitFor("all are given up", () => test.counters.dropped.value === 3);
  assert.equal(test.receiver.told.length, 73, "one try an hour, and one after 72 hours");
  isFailing = false;
  await test.deliver("n-4");
  await waitFor("it is told again", () => test.counters.sent.value === 1);
  assert.equal(test.receiver.told.at(-1)?.receipts[0]?.id, "n-4");
});

/** A sender with a real log and a real receiver, and one receipt to tell. */
class Test implements AsyncDisposable {
  readonly counters = webhookCounters();
  /** Milliseconds between the tries. */
  readonly pauses: number[] = [];
  readonly receiver = new Receiver();
  readonly #engine: FullEngine;
  #sending: AsyncDisposable | undefined;

  private constructor(engine: FullEngine) {
    this.#engine = engine;
  }

  /** @param answer given the request and how many came up to it */
  static async start(
    answer: (told: Parameters<Answer>[0], count: number) => Response,
  ): Promise<Test> {
    const test = new Test(await openFullEmbedded({ keepsReceipts: true }));
    test.receiver.answer = (told) => answer(told, test.receiver.told.length);
    await test.deliver("n-1");
    const { receipts } = test.#engine;
    assert.ok(receipts);
    const sender = new WebhookSender(receipts, test.counters, {
      url: test.receiver.url,
      secrets: [SECRET],
      privateTargets: ["127.0.0.1"],
      telling: RECEIPTS,
      stopWaitMs: 1000,
      clock: test.#clock(),
    });
    test.#sending = runTask((signal) => sender.run(signal));
    return test;
  }

  async deliver(id: string): Promise<void> {
    const of = { site: "default", user: "1" };
    await this.#engine.inbox.append({ ...of, id, room: "lobby", message: "x" });
    await this.#engine.inbox.mark(of.site, of.user, "delivered", [id]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sending?.[Symbol.asyncDispose]();
    await this.receiver[Symbol.asyncDispose]();
    await this.#engine[Symbol.asyncDispose]();
  }

  /** Goes on by what is waited, at once; looking for new receipts takes no time. */
  #clock(): ServerClock {
    let passed = 0;
    return {
      now: () => Date.now() + passed,
      pause: (ms) => {
        if (ms > 100) this.pauses.push(ms);
        if (ms > 100) passed += ms;
        return new Promise((resolve) => setTimeout(resolve, 0));
      },
    };
  }
}
