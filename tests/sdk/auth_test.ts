/** The client library and its tokens, with the real server. */
import assert from "node:assert/strict";
import { connect, type ConnectOptions, type State } from "../../lib/sdk/mod.ts";
import { SharedHub } from "../../lib/sdk/tabs/shared_hub.ts";
import { portTransport } from "../../lib/sdk/tabs/shared_transport.ts";
import { sseTransport } from "../../lib/sdk/core/sse_transport.ts";
import { type OpenTransport, webSocketTransport } from "../../lib/sdk/core/transport.ts";
import { Manager } from "../support/manager.ts";
import { nextState } from "../support/next_state.ts";
import { Proxy } from "../support/proxy.ts";
import { Program } from "../support/program.ts";
import {
  APP_KEY,
  type Claims,
  connectionToken,
  nowSeconds,
  subscriptionToken,
} from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const test = (what: string, run: (program: Program) => Promise<void>) =>
  Deno.test(`SDK with tokens: ${what}`, async () => {
    await using program = await Program.start({ env: { APP_KEY } });
    await run(program);
  });

const TRANSPORTS: Record<string, () => OpenTransport | undefined> = {
  "the default transport": () => undefined,
  "event streams": () => sseTransport(fetch),
  "a worker": sharedTransport,
};

for (const [name, transport] of Object.entries(TRANSPORTS)) {
  test(`${name} brings the token`, async (program) => {
    using alice = start(program, {
      token: await connectionToken({ name: "Alice" }),
      name: "Mallory",
      transport: transport(),
    });
    const messages: string[] = [];
    alice.client.subscribe("lobby", ({ name, message }) => messages.push(`${name}: ${message}`));
    await alice.client.publish("lobby", "Hello!");
    await waitFor("it comes", () => messages.length > 0);
    assert.deepEqual(messages, ["Alice: Hello!"]);
  });

  test(`${name} renews the session before it ends`, async (program) => {
    const end = nowSeconds() + 8;
    let asked = 0;
    using alice = start(program, {
      token: () => token({ expire_at: end + asked++ * 60 }),
      transport: transport(),
    });
    await waitFor("it is renewed", () => asked === 2);
    await waitFor("the first end has passed", () => Date.now() > (end + 0.3) * 1000);
    await alice.client.publish("lobby", "Still here");
    assert.deepEqual(alice.states, ["connecting", "online"].slice(-alice.states.length));
    assert.equal(asked, 2);
  });
}

test("who has no token is stopped", async (program) => {
  using alice = start(program, {});
  await alice.stopped("unauthorized");
});

test("a token that is refused stops the client", async (program) => {
  let asked = 0;
  using alice = start(program, {
    token: () => {
      asked++;
      return connectionToken({}, { key: "x".repeat(32) });
    },
  });
  await alice.stopped(3500);
  assert.equal(asked, 1);
});

test("another user's token stops the client", async (program) => {
  using alice = start(program, { token: await connectionToken({ sub: "7" }) });
  await alice.stopped("user_mismatch");
});

test("an expired token is replaced once, where there is a function that gets another", async (program) => {
  const expired = await connectionToken({ exp: nowSeconds() - 60 });
  using still = start(program, { token: expired });
  await still.stopped(3501);

  const tokens = [expired, await connectionToken()];
  using alice = start(program, { token: () => tokens.shift() ?? "" });
  await waitFor("it is online", () => alice.client.state.kind === "online");

  let asked = 0;
  using never = start(program, {
    token: () => {
      asked++;
      return expired;
    },
  });
  await never.stopped(3501);
  assert.equal(asked, 2);
});

test("who is revoked comes back with a new token, who is blocked does not", async (program) => {
  const manager = await Manager.of(program);
  for (const transport of [undefined, sseTransport(fetch)]) {
    using alice = start(program, {
      token: () => connectionToken({ iat: nowSeconds() }),
      ...(transport && { transport }),
    });
    const isOnline = () => alice.client.state.kind === "online";
    await waitFor("it is online", isOnline);
    const closed = nextState(alice.client, "waiting");
    await manager.done(program, "/revocations", { user_id: 123 });
    assert.equal((await closed).code, 3503);
    await waitFor("it is back", isOnline);
    await manager.done(program, "/users/123/block");
    await alice.stopped(3504);
    alice.client.reconnect();
    await alice.stopped(3504);
    await manager.done(program, "/users/123/unblock");

    using mallory = start(program, {
      token: () => connectionToken(),
      ...(transport && { transport }),
    });
    await mallory.stopped(3503);
  }
});

test("a session that cannot be renewed ends, and begins anew", async (program) => {
  const end = nowSeconds() + 8;
  let asked = 0;
  using alice = start(program, {
    token: () => {
      if (++asked === 2) throw new Error("no connection to the shop");
      return token({ expire_at: asked === 1 ? end : end + 60 });
    },
  });
  const errors: string[] = [];
  alice.client.on("error", ({ code }) => errors.push(code));
  await waitFor("it comes back", () => asked === 3 && alice.client.state.kind === "online");
  assert.deepEqual(errors, ["no_token"]);
});

Deno.test("SDK with tokens: a private room gets a fresh token after each connection", async () => {
  await using program = await Program.start({ env: { APP_KEY, APP_PRIVATE_ROOMS: "vip" } });
  await using proxy = new Proxy(program.port);
  using alice = start(program, { url: proxy.url, token: () => token({}) });
  let asked = 0;
  const messages: string[] = [];
  const subscription = alice.client.subscribe("vip", ({ message }) => messages.push(message), {
    token: () => {
      asked++;
      return subscriptionToken({ room: "vip" });
    },
  });
  let entered = 0;
  subscription.on("subscribed", () => entered++);
  await waitFor("she is in", () => entered === 1);
  proxy.cut();
  await waitFor("she is back", () => entered === 2);
  await alice.client.publish("vip", "between us");
  await waitFor("it comes", () => messages.length === 1);
  assert.equal(asked, 2);
});

Deno.test("SDK with tokens: a function that fails is asked again later; one that is late opens nothing", async () => {
  const opened: (string | undefined)[] = [];
  const transport: OpenTransport = (_url, _events, token) => {
    opened.push(token);
    return { send() {}, close() {} };
  };
  const late = Promise.withResolvers<string>();
  const client = connect({
    url: "ws://one.test/ws",
    userId: 1,
    token: () => late.promise,
    transport,
  });
  client.close();
  late.resolve("late");
  await late.promise;

  let asked = 0;
  const failing = connect({
    url: "ws://one.test/ws",
    userId: 1,
    token: () => ++asked === 1 ? Promise.reject(new Error("no")) : " good ",
    transport,
  });
  assert.equal((await nextState(failing, "waiting")).reason, "Cannot get a token: Error: no");
  failing.reconnect();
  assert.deepEqual(opened, ["good"]);
  failing.close();
});

function token(claims: Claims): Promise<string> {
  return connectionToken(claims);
}

/** A client that is user 123, with the states it was in. */
function start(program: Program, options: Partial<ConnectOptions>) {
  const client = connect({ url: program.webSocketUrl, userId: 123, ...options });
  const states: State["kind"][] = [];
  client.on("state", ({ kind }) => states.push(kind));
  return {
    client,
    states,
    async stopped(code: number | string): Promise<void> {
      await waitFor(`it is stopped (${JSON.stringify(client.state)})`, () => {
        return client.state.kind === "stopped";
      });
      assert.equal(client.state.kind === "stopped" && client.state.code, code);
    },
    [Symbol.dispose]: () => client.close(),
  };
}

/** What a SharedWorker has, in this process. */
function sharedTransport(): OpenTransport {
  const hub = new SharedHub(webSocketTransport(WebSocket));
  return portTransport(() => {
    const { port1, port2 } = new MessageChannel();
    hub.accept(port1);
    return port2;
  });
}
