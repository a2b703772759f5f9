/** Tokens of the library from functions that do what they should not: nothing is thrown where nobody catches it. */
import assert from "node:assert/strict";
import type { TokenSource } from "../../lib/sdk/mod.ts";
import { roomData, start, type World } from "../support/client_world.ts";

/** What programs without types give. */
const WRONG: readonly [what: string, source: () => unknown, reason: RegExp][] = [
  ["throws", () => {
    throw new Error("no session");
  }, /no session/],
  ["throws nothing", () => {
    throw undefined;
  }, /undefined/],
  ["rejects", () => Promise.reject(new Error("no session")), /no session/],
  ["gives null", () => null, /gave null/],
  ["gives nothing", () => undefined, /gave undefined/],
  ["gives an empty text", () => " ", /gave an empty text/],
  ["gives a number", () => 12345, /gave number/],
  ["gives two lines", () => "secret\nof two lines", /gave a text with spaces or other than ASCII/],
  ["promises more than ASCII", () => Promise.resolve("secrét"), /other than ASCII/],
  ["gives what cannot be looked at", () => ({
    get then() {
      throw new Error("no session");
    },
  }), /no session/],
  ["gives an object", () => ({ token: "secret" }), /gave object/],
  ["promises null", () => Promise.resolve(null), /gave null/],
  ["promises an empty text", () => Promise.resolve(""), /gave an empty text/],
  ["gives a promise of its own kind that throws", () => ({
    then() {
      throw new Error("no session");
    },
  }), /no session/],
  ["never answers", () => new Promise(() => {}), /longer than 15 seconds/],
];

for (const [what, source, reason] of WRONG) {
  Deno.test(`a function for a token that ${what} is asked again, and does no harm`, async () => {
    let isWrong = true;
    let asked = 0;
    const token = (() => {
      asked++;
      return isWrong ? source() : "good";
    }) as TokenSource;

    await using world = settled(start({ token }));
    await world.until(() => world.client.state.kind === "waiting");
    const { state } = world.client;
    assert.ok(state.kind === "waiting");
    assert.match(state.reason, reason);
    assert.doesNotMatch(state.reason, /secret|12345/);
    assert.deepEqual([world.sockets.length, asked], [0, 1]);
    isWrong = false;
    await world.until(() => world.sockets.length === 1);
    assert.deepEqual(world.socket.protocols, ["notifyli.v2", "notifyli.token.good"]);
    world.online();

    isWrong = true;
    const errors: string[] = [];
    const subscription = world.client.subscribe("private", () => {}, { token });
    subscription.on("error", ({ code }) => errors.push(code));
    await world.until(() => errors.length === 1);
    isWrong = false;
    await world.until(() => world.socket.ofType("subscribe").length === 1);
    world.socket.reply("subscribe", { ...roomData(0), room: "private" });

    isWrong = true;
    world.client.on("error", ({ code }) => errors.push(code));
    world.socket.receive({ type: "session", expires_at: 1 });
    await world.until(() => errors.length === 2);
    isWrong = false;
    await world.until(() => world.socket.ofType("auth").length === 1);
    assert.deepEqual(errors, ["no_token", "no_token"]);
    world.client.close();
    assert.equal(world.clock.size, 0);
  });
}

Deno.test("a token that cannot be sent is not sent, and not shown", async () => {
  for (const token of ["secret of two words", "secret\nline", "secrét"]) {
    await using world = settled(start({ token }));
    const { state } = world.client;
    assert.ok(state.kind === "waiting");
    assert.match(state.reason, /Cannot get a token: it is a text with spaces or other than ASCII/);
    assert.equal(world.sockets.length, 0);
  }
  await using world = settled(start({ token: " good\n" })); // as read from a file
  assert.deepEqual(world.socket.protocols, ["notifyli.v2", "notifyli.token.good"]);
});

Deno.test("a function for a token is asked no more where the client was closed meanwhile", async () => {
  const ways: ((world: World, give: (token: string) => void) => void)[] = [
    (world, give) => {
      world.client.close();
      give("late");
    },
    (world, give) => {
      give("early");
      world.client.close();
    },
  ];
  for (const end of ways) {
    const { promise, resolve } = Promise.withResolvers<string>();
    const world = start({ token: () => promise });
    end(world, resolve);
    await promise;
    await new Promise((resolve) => setTimeout(resolve));
    assert.deepEqual([world.sockets.length, world.clock.size], [0, 0]);
  }
});

/** Lets the test's clock pass, and with it what waits for no time. */
function settled(world: World) {
  return Object.assign(Object.create(world) as World, {
    async until(isTrue: () => boolean): Promise<void> {
      for (let step = 0; step < 200 && !isTrue(); step++) {
        await new Promise((resolve) => setTimeout(resolve));
        if (!isTrue()) world.clock.pass(100);
      }
      assert.ok(isTrue());
    },
    [Symbol.asyncDispose]: () => Promise.resolve(world.client.close()),
  });
}
