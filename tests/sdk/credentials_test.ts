/** The client library and credentials, which a real application is asked about by the real server. */
import assert from "node:assert/strict";
import { type Client, connect, type ConnectOptions, type State } from "../../lib/sdk/mod.ts";
import { sseTransport } from "../../lib/sdk/core/sse_transport.ts";
import { type OpenTransport, webSocketTransport } from "../../lib/sdk/core/transport.ts";
import { SharedHub } from "../../lib/sdk/tabs/shared_hub.ts";
import { portTransport } from "../../lib/sdk/tabs/shared_transport.ts";
import { Application, type Asked } from "../support/application.ts";
import { nextState } from "../support/next_state.ts";
import { Program } from "../support/program.ts";
import { Proxy } from "../support/proxy.ts";
import { nowSeconds } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

/** Believes who has the password. */
function answerTo({ credentials }: Asked): unknown {
  const { user, password, ends } = Object(credentials);
  if (password !== "right") return { allow: false, reason: "Wrong password" };
  return { user_id: user, name: `User ${user}`, expires_at: ends };
}

const TRANSPORTS: Record<string, () => OpenTransport | undefined> = {
  "the default transport": () => undefined,
  "event streams": () => sseTransport(fetch),
  "a worker": () => transportOf(new SharedHub(webSocketTransport(WebSocket))),
};

for (const [name, transport] of Object.entries(TRANSPORTS)) {
  Deno.test(`SDK with credentials: ${name} shows them, and says why they are refused`, async () => {
    await using application = new Application(answerTo);
    await using program = await Program.start({ env: application.env("connect") });
    using alice = start(program, {
      credentials: { user: 1, password: "right" },
      transport: transport(),
    });
    const messages: string[] = [];
    alice.subscribe("lobby", ({ name, message }) => messages.push(`${name}: ${message}`));
    await alice.publish("lobby", "Hello!");
    await waitFor("it comes", () => messages.length > 0);
    assert.deepEqual(messages, ["User 1: Hello!"]);
    using mallory = start(program, {
      credentials: { user: 1, password: "guess" },
      transport: transport(),
    });
    assert.deepEqual(await stopOf(mallory), ["forbidden", "Wrong password"]);
    assert.equal(application.asked.length, 2);
  });

  Deno.test(`SDK with credentials: ${name} has files uploaded by them, also in a later session`, async () => {
    await using application = new Application(answerTo);
    await using program = await Program.start({ env: application.env("connect") });
    const ends = nowSeconds() + 8;
    let asked = 0;
    using alice = start(program, {
      credentials: () => ({ user: 1, password: "right", ends: ends + asked++ * 60 }),
      transport: transport(),
    });
    const long = new Uint8Array(3_000_000).fill(7);
    const sent = [
      await alice.upload(new Blob(["Hello"]), { name: "short.txt" }),
      await alice.upload(new Blob([long]), { name: "long.bin" }),
      await alice.upload(new Blob([long]).stream(), { name: "stream.bin" }),
    ];
    assert.deepEqual(sent.map(({ bytes }) => bytes), [5, long.length, long.length]);
    await waitFor("the first session is over", () => Date.now() > (ends + 0.3) * 1000 && asked > 1);
    const later = await alice.upload(new Blob([long]), { name: "later.bin" });
    for (const { id, name } of [...sent, later]) assert.equal((await alice.file(id)).name, name);
    using bob = start(program, { credentials: { user: 2, password: "right" } });
    assert.equal((await bob.upload(new Blob([long]).stream())).bytes, long.length);
    await assert.rejects(bob.file(later.id), /There is no file/);
  });

  Deno.test(`SDK with credentials: ${name} shows them anew before the session ends`, async () => {
    await using application = new Application(answerTo);
    await using program = await Program.start({ env: application.env("connect") });
    const ends = nowSeconds() + 8;
    let asked = 0;
    using alice = start(program, {
      credentials: () => ({ user: 1, password: "right", ends: ends + asked++ * 60 }),
      transport: transport(),
    });
    const states: State["kind"][] = [];
    alice.on("state", ({ kind }) => states.push(kind));
    await waitFor("it is renewed", () => asked === 2);
    await waitFor("the first end has passed", () => Date.now() > (ends + 0.3) * 1000);
    await alice.publish("lobby", "Still here");
    assert.deepEqual(states, ["connecting", "online"].slice(-states.length));
  });
}

Deno.test("SDK with credentials: they are asked for on each connection, and an application that is away is waited for", async () => {
  await using application = new Application(answerTo);
  await using program = await Program.start({ env: application.env("connect") });
  await using proxy = new Proxy(program.port);
  let asked = 0;
  using alice = start(program, {
    url: proxy.url,
    credentials: () => Promise.resolve({ user: 1, password: "right", count: ++asked }),
  });
  await isOnline(alice);
  application.answer = () => new Response("", { status: 502 });
  proxy.cut();
  await waitFor("it has failed", () => application.asked.length > 2);
  assert.notEqual(alice.state.kind, "stopped");
  application.answer = answerTo;
  await isOnline(alice);
  const counts = application.asked.map(({ credentials }) => Object(credentials).count);
  assert.deepEqual(counts, counts.map((_, index) => index + 1));
});

Deno.test("SDK with credentials: tabs with the same ones share a connection, others have their own", async () => {
  await using application = new Application(answerTo);
  await using program = await Program.start({ env: application.env("connect") });
  const hub = new SharedHub(webSocketTransport(WebSocket));
  const tab = (user: number, password = "right") =>
    start(program, { credentials: { user, password }, transport: transportOf(hub) });
  using first = tab(1);
  await isOnline(first);
  using second = tab(1);
  using third = tab(2);
  using wrong = tab(1, "guess");
  for (const each of [second, third]) await isOnline(each);
  assert.deepEqual(await stopOf(wrong), ["forbidden", "Wrong password"]);
  assert.equal(hub.size, 2);
  const messages: string[] = [];
  first.subscribe("lobby", ({ name }) => messages.push(name));
  await second.publish("lobby", "of the first user");
  await third.publish("lobby", "of the second user");
  await waitFor("both come", () => messages.length === 2);
  assert.deepEqual(messages, ["User 1", "User 2"]);
});

Deno.test("SDK with credentials: a token beside them is refused, and so is what a function gives that is none", async () => {
  const url = "ws://one.test/ws";
  assert.throws(
    () => connect({ url, token: "a", credentials: {} }),
    /'credentials' are given beside/,
  );
  const gives = (value: unknown) => (() => value) as () => Record<string, unknown>;
  for (const [value, kind] of [["text", "string"], [null, "null"], [[1], "a list"]] as const) {
    const client = connect({ url, credentials: gives(value) });
    const { reason } = await nextState(client, "waiting");
    assert.equal(
      reason,
      `Cannot get credentials: the function gave ${kind}, which is no JSON object`,
    );
    client.close();
  }
});

function start(program: Program, options: Partial<ConnectOptions>) {
  const client = connect({ url: program.webSocketUrl, ...options });
  return Object.assign(client, { [Symbol.dispose]: () => client.close() });
}

async function isOnline(client: Client): Promise<void> {
  await waitFor("it is online", () => client.state.kind === "online", 20_000);
}

/** Why the client does not come back. */
async function stopOf(client: Client): Promise<unknown[]> {
  return await waitFor("it is stopped", () => {
    const { state } = client;
    return state.kind === "stopped" && [state.code, state.reason];
  }, 20_000);
}

/** What a SharedWorker has, in this process. */
function transportOf(hub: SharedHub): OpenTransport {
  return portTransport(() => {
    const { port1, port2 } = new MessageChannel();
    hub.accept(port1);
    return port2;
  });
}
