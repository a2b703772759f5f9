/** Tabs of one browser that share a worker, with the real server and tokens: who joins whom, and what each is told. */
import assert from "node:assert/strict";
import type { OpenTransport, TokenSource } from "../../lib/sdk/mod.ts";
import { sseTransport } from "../../lib/sdk/core/sse_transport.ts";
import { type WebSocketConstructor, webSocketTransport } from "../../lib/sdk/core/transport.ts";
import { Manager } from "../support/manager.ts";
import { nextState } from "../support/next_state.ts";
import { Program } from "../support/program.ts";
import { TabBrowser } from "../support/tab_browser.ts";
import {
  APP_KEY,
  type Claims,
  connectionToken,
  nowSeconds,
  subscriptionToken,
} from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const CARRIERS: Readonly<Record<string, OpenTransport>> = {
  "WebSockets": webSocketTransport(WebSocket),
  "event streams": sseTransport(fetch),
};

/** A server with a key, a browser, and the hand that sends notifications. */
class Setting implements AsyncDisposable {
  readonly program: Program;
  readonly manager: Manager;
  readonly browser: TabBrowser;

  private constructor(program: Program, manager: Manager, carry: OpenTransport) {
    this.program = program;
    this.manager = manager;
    this.browser = new TabBrowser(carry);
  }

  static async open(
    carry: OpenTransport,
    env: Readonly<Record<string, string>>,
  ): Promise<Setting> {
    const program = await Program.start({ env: { APP_KEY, ...env } });
    return new Setting(program, await Manager.of(program), carry);
  }

  /** A tab that says nothing of who it is but by its token. */
  tab(token: TokenSource | undefined, options: { userId?: string; name?: string } = {}) {
    return this.browser.tab({
      url: this.program.webSocketUrl,
      ...(token === undefined ? {} : { token }),
      ...options,
    });
  }

  async notify(user: string, message: string): Promise<void> {
    await this.manager.done(this.program, `/users/${user}/notifications?from=Shop`, message);
  }

  async clients(): Promise<number> {
    return (await this.manager.stats(this.program))["clients"] ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.browser[Symbol.dispose]();
    await this.browser.settled(0);
    await this.program[Symbol.asyncDispose]();
  }
}

function test(
  what: string,
  run: (setting: Setting) => Promise<void>,
  { env = {}, isSlow = false }: {
    env?: Readonly<Record<string, string>>;
    /** It waits for the end of sessions, or for pauses: each listener and each carrier is tried once. */
    isSlow?: boolean;
  } = {},
): void {
  for (const [index, listener] of ["deno", "node"].entries()) {
    for (const [at, [name, carry]] of Object.entries(CARRIERS).entries()) {
      if (isSlow && at !== index) continue;
      Deno.test(`SDK tabs on the ${listener} listener, over ${name}: ${what}`, async () => {
        await using setting = await Setting.open(carry, { APP_LISTENER: listener, ...env });
        await run(setting);
      });
    }
  }
}

/** A new token each time, as an application gives them. */
function fresh(claims: Claims = {}): () => Promise<string> {
  return () => connectionToken({ jti: crypto.randomUUID(), iat: nowSeconds(), ...claims });
}

test("those of two users have nothing of each other, whatever their pages leave out", async (setting) => {
  const alice = setting.tab(fresh({ sub: "alice", sid: "s" }));
  const bob = setting.tab(fresh({ sub: "bob", sid: "s" }));
  await Promise.all([alice.online(), bob.online()]);
  assert.deepEqual([alice.client.userId, bob.client.userId], ["alice", "bob"]);
  await setting.notify("alice", "for Alice");
  await setting.notify("bob", "for Bob");
  await Promise.all([alice.hears("for Alice"), bob.hears("for Bob")]);
  await setting.browser.settled(2);
});

test("those of one session share a connection, all at once and later, whose tokens are never the same", async (setting) => {
  const { browser } = setting;
  const tabs = Array.from({ length: 8 }, () => setting.tab(fresh()));
  await Promise.all(tabs.map((tab) => tab.online()));
  const later = setting.tab(await connectionToken());
  const claiming = setting.tab(fresh(), { userId: "123" });
  await Promise.all([later.online(), claiming.online()]);
  await setting.notify("123", "for all");
  for (const tab of [...tabs, later, claiming]) await tab.hears("for all");
  assert.equal(browser.opened, 1);
  assert.equal(await setting.clients(), 1);
  tabs[0]?.client.close();
  await setting.notify("123", "and on");
  await later.hears("for all", "and on");
});

test("what is wrong with one's token is its own", async (setting) => {
  const alice = setting.tab(fresh({ name: "Alice" }));
  await alice.online();
  const iat = nowSeconds();
  await setting.manager.done(setting.program, "/revocations", { token_id: "revoked" });
  await setting.manager.done(setting.program, "/users/blocked/block");
  const refused: [TokenSource, number | string][] = [
    ["no-token-at-all", 3500],
    ["x".repeat(100_000), 3500],
    [await connectionToken({ name: "Alice" }, { key: "x".repeat(32) }), 3500],
    [await subscriptionToken({ room: "lobby" }), 3500],
    [await connectionToken({ name: "Alice", exp: iat - 60 }), 3501],
    [await connectionToken({ name: "Alice", expire_at: iat - 60 }), 3501],
    [await connectionToken({ name: "Alice", jti: "revoked" }), 3503],
    [await connectionToken({ sub: "blocked" }), 3504],
  ];
  for (const [token, code] of refused) {
    const tab = setting.tab(token);
    await tab.stopped(code);
    assert.doesNotMatch(tab.went, /online/);
  }
  const claiming = setting.tab(await connectionToken({ sub: "7" }), { userId: "123" });
  await claiming.stopped("user_mismatch");
  const other = setting.tab(await connectionToken({ name: "Alice" }), { userId: "7" });
  await other.stopped("user_mismatch");
  await setting.notify("123", "to Alice alone");
  await alice.hears("to Alice alone");
  assert.equal(alice.went, "online");
  assert.equal(await setting.clients(), 1);
});

test("a token of other rights is of another connection", async (setting) => {
  const claims = { sid: "one", name: "Alice", rooms: ["vip", "staff:*"] };
  const first = setting.tab(fresh(claims));
  await first.online();
  const same = setting.tab(fresh({ ...claims, rooms: ["staff:*", "vip"] }));
  await same.online();
  await setting.browser.settled(1);
  const others = [
    { sid: "two" },
    { sid: undefined },
    { rooms: ["vip"] },
    { rooms: undefined },
    { name: "Mallory" },
    { name: undefined },
    { site_id: "shop" },
  ].map((change) => setting.tab(fresh({ ...claims, ...change })));
  await Promise.all(others.map((tab) => tab.online()));
  await setting.browser.settled(1 + others.length);
  const foreign = others.at(-1);
  assert.equal(foreign?.client.siteId, "shop");
  await setting.notify("123", "of this site");
  for (const tab of [first, same, ...others.slice(0, -1)]) await tab.hears("of this site");
  assert.deepEqual(foreign?.heard, []);
  const [, , , poor] = others;
  const errors: string[] = [];
  poor?.client.subscribe("vip", () => {}).on("error", ({ code }) => errors.push(code));
  let isIn = false;
  first.client.subscribe("vip", () => {}).on("subscribed", () => isIn = true);
  await waitFor("the one is let in and the other is not", () => isIn && errors.length > 0);
  assert.deepEqual(errors, ["forbidden"]);
}, { env: { APP_PRIVATE_ROOMS: "vip" } });

test(
  "who brings another's token to renew the session loses its own place alone",
  async (setting) => {
    const end = nowSeconds() + 8;
    const renewed: string[] = [];
    const renewing = (name: string, claims: Claims) => {
      let asked = 0;
      return () => {
        if (asked++ === 0) return connectionToken({ sid: "s", expire_at: end });
        renewed.push(name);
        return connectionToken({ sid: "s", expire_at: end + 60, ...claims });
      };
    };
    const tabs = ["good", "foreign", "bad"].map((name) => {
      const claims = name === "foreign" ? { sub: "bob" } : name === "bad" ? { exp: 1 } : {};
      return setting.tab(renewing(name, claims));
    });
    const [good, foreign, bad] = tabs;
    for (const tab of tabs) await tab.online();
    await setting.browser.settled(1);
    await foreign?.stopped(3500);
    await bad?.stopped(3501);
    await waitFor("the first end has passed", () => Date.now() > (end + 0.5) * 1000);
    await setting.notify("bob", "for Bob");
    await setting.notify("123", "still here");
    await good?.hears("still here");
    assert.equal(good?.went, "online");
    assert.deepEqual(foreign?.heard, []);
    assert.ok(renewed.includes("good") && renewed.includes("foreign"), String(renewed));
  },
  { isSlow: true },
);

test("each has its own session's end, and the connection that of the last", async (setting) => {
  const now = nowSeconds();
  const short = setting.tab(await connectionToken({ expire_at: now + 8 }));
  await short.online();
  const long = setting.tab(await connectionToken({ expire_at: now + 600 }));
  await long.online();
  const shorter = setting.tab(await connectionToken({ expire_at: now + 9 }));
  await shorter.online();
  await setting.browser.settled(1);
  await Promise.all([short.stopped(3501), shorter.stopped(3501)]);
  await setting.notify("123", "to the last");
  await long.hears("to the last");
  assert.equal(long.went, "online");
  assert.deepEqual([short.heard, shorter.heard], [[], []]);
}, { isSlow: true });

test("a token that is revoked ends its own tab, the others come back", async (setting) => {
  const named = (jti: string) => connectionToken({ jti, iat: nowSeconds() });
  for (const revoked of [0, 1]) {
    const tokens = await Promise.all([0, 1].map((index) => named(`${revoked} ${index}`)));
    const tabs = tokens.map((token) => setting.tab(token));
    for (const tab of tabs) await tab.online();
    await setting.browser.settled(1);
    await setting.manager.done(setting.program, "/revocations", {
      token_id: `${revoked} ${revoked}`,
    });
    await tabs[revoked]?.stopped(3503);
    await tabs[1 - revoked]?.online(2);
    for (const tab of tabs) tab.client.close();
    await setting.browser.settled(0);
  }
}, { isSlow: true });

test("a whole session or user that is revoked is all of its tabs", async (setting) => {
  const iat = nowSeconds();
  for (const what of [{ session_id: "s" }, { user_id: 123 }]) {
    const others = setting.tab(await connectionToken({ sub: "7", sid: "other", iat }));
    const tokens = await Promise.all(
      ["a", "b"].map((jti) => connectionToken({ jti, sid: "s", iat })),
    );
    if ("user_id" in what) {
      for (const [index, jti] of ["a", "b"].entries()) {
        tokens[index] = await connectionToken({ jti, sid: "t", iat });
      }
    }
    const tabs = tokens.map((token) => setting.tab(token));
    for (const tab of [...tabs, others]) await tab.online();
    await setting.browser.settled(2);
    await setting.manager.done(setting.program, "/revocations", what);
    for (const tab of tabs) await tab.stopped(3503);
    assert.equal(others.went, "online");
    others.client.close();
    await setting.browser.settled(0);
  }
}, { isSlow: true });

test(
  "a connection that breaks is made anew by a tab that is still there, with its own token",
  async (setting) => {
    const { browser } = setting;
    const gone = setting.tab(await connectionToken({ jti: "gone" }));
    await gone.online();
    const living = [setting.tab(fresh()), setting.tab(fresh())];
    for (const tab of living) await tab.online();
    assert.equal(browser.opened, 1);
    gone.client.close();
    await setting.manager.done(setting.program, "/revocations", { token_id: "gone" });
    for (const tab of living) await tab.online(2);
    const noticed = living.map(async ({ client }) => {
      await nextState(client, "waiting");
      client.reconnect();
    });
    browser.cut();
    await Promise.all(noticed);
    for (const tab of living) await tab.online(3);
    await browser.settled(1);
    await setting.notify("123", "as before");
    for (const tab of living) await tab.hears("as before");
  },
  { isSlow: true },
);

test("who may not enter a room hears nothing of it from the next tab", async (setting) => {
  const [inside, outside] = [setting.tab(fresh()), setting.tab(fresh())];
  await Promise.all([inside.online(), outside.online()]);
  await setting.browser.settled(1);
  const heard: string[][] = [[], []];
  let entered = 0;
  const subscription = inside.client.subscribe("vip", ({ message }) => heard[0]?.push(message), {
    token: () => subscriptionToken({ room: "vip" }),
  });
  subscription.on("subscribed", () => entered++);
  await waitFor("the one is in", () => entered === 1);
  const errors: string[] = [];
  const refused = outside.client.subscribe("vip", ({ message }) => heard[1]?.push(message), {
    token: () => subscriptionToken({ room: "vip", sub: "bob" }),
  });
  refused.on("error", ({ code }) => errors.push(code));
  await waitFor("the other is refused", () => errors.length > 0);
  await inside.client.publish("vip", "between us");
  await waitFor("it is heard", () => heard[0]?.length === 1);
  await outside.client.publish("lobby", "anything"); // what was on its way to this tab has come before the answer
  assert.deepEqual(heard, [["between us"], []]);
  refused.unsubscribe();
  await inside.client.publish("vip", "still in");
  await waitFor("it is heard", () => heard[0]?.length === 2);
}, { env: { APP_PRIVATE_ROOMS: "vip" } });

test("a message too big stops the tab that sent it, the others come back", async (setting) => {
  const [big, small] = [setting.tab(fresh()), setting.tab(fresh())];
  await Promise.all([big.online(), small.online()]);
  await setting.browser.settled(1);
  await small.client.publish("lobby", "small enough");
  const publishing = big.client.publish("lobby", "x".repeat(50_000));
  publishing.catch(() => {});
  await waitFor("it is stopped", () => big.client.state.kind === "stopped");
  const { state } = big.client;
  assert.ok(state.kind === "stopped" && (state.code === 3509 || state.code === 1009));
  await small.online(2);
  await small.client.publish("lobby", "and on");
}, { env: { APP_LIMIT_FRAME: "32768" } });

Deno.test("SDK tabs: without a token the cookie says who each is", async () => {
  let cookie = "";
  const WithCookie = class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      const headers = { cookie, origin: new URL(url).origin.replace("ws", "http") };
      super(url, { protocols, headers });
    }
  } satisfies WebSocketConstructor;
  await using setting = await Setting.open(webSocketTransport(WithCookie), {});
  const signIn = async (sub: string) => {
    cookie = `notifyli_token=${await connectionToken({ sub, jti: crypto.randomUUID() })}`;
  };
  await signIn("alice");
  const tabs = [setting.tab(undefined), setting.tab(undefined)];
  for (const tab of tabs) await tab.online();
  await setting.browser.settled(1);
  await signIn("bob");
  const bob = setting.tab(undefined);
  await bob.online();
  const withToken = setting.tab(fresh({ sub: "alice" }));
  await withToken.online();
  await setting.browser.settled(2);
  await setting.notify("alice", "for Alice");
  for (const tab of [...tabs, withToken]) await tab.hears("for Alice");
  await setting.notify("bob", "for Bob");
  await bob.hears("for Bob");
  // The cookie is another's by now: who she was she cannot be again, and does not become Bob.
  setting.browser.cut();
  for (const tab of tabs) await tab.stopped("user_mismatch");
});

Deno.test("SDK tabs: on an open server they join by what they say, and it costs no connection", async () => {
  await using program = await Program.start();
  const browser = new TabBrowser(webSocketTransport(WebSocket));
  const url = program.webSocketUrl;
  const tabs = [1, 1, 2].map((userId) => browser.tab({ url, userId }));
  const named = browser.tab({ url, userId: 1, name: "Alice" });
  const unnamed = browser.tab({ url });
  for (const tab of [...tabs, named]) await tab.online();
  await unnamed.stopped("missing_field");
  await browser.settled(3);
  assert.equal(browser.opened, 4, "the one that was refused, too");
  browser[Symbol.dispose]();
  await browser.settled(0);
});

Deno.test("SDK tabs: a server that names nobody gives each its own connection", async () => {
  const carry: OpenTransport = (url, events, token) =>
    webSocketTransport(WebSocket)(url, {
      ...events,
      received: (text) => events.received(text.split("\n").map(asOldServer).join("\n")),
    }, token);
  await using setting = await Setting.open(carry, {});
  const tabs = [setting.tab(fresh()), setting.tab(fresh()), setting.tab(fresh({ sub: "bob" }))];
  for (const tab of tabs) await tab.online();
  await setting.browser.settled(3);
  assert.equal(setting.browser.opened, 3);
  await setting.notify("123", "for one");
  for (const tab of tabs.slice(0, 2)) await tab.hears("for one");
  assert.deepEqual(tabs[2]?.heard, []);
});

function asOldServer(line: string): string {
  const { data, ...frame } = JSON.parse(line);
  if (data === undefined) return line;
  for (const unknown of ["site_id", "fingerprint", "timestamp"]) delete data[unknown];
  return JSON.stringify({ ...frame, data });
}
