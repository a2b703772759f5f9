/** Topics of the library with the real server; `topics_unit_test.ts` has what cannot be had from one. */
import assert from "node:assert/strict";
import {
  type Client,
  connect,
  type ConnectOptions,
  type Gap,
  type NotifyliError,
  type OpenTransport,
  type TopicFilter,
  type TopicMessage,
  type TopicOptions,
} from "../../lib/sdk/mod.ts";
import { sseTransport } from "../../lib/sdk/core/sse_transport.ts";
import { webSocketTransport } from "../../lib/sdk/core/transport.ts";
import { Manager } from "../support/manager.ts";
import { nextState } from "../support/next_state.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { APP_KEY, connectionToken, nowSeconds, subscriptionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const TOPIC = "Contact_Updated_Topic";

const CARRIERS: readonly (readonly [string, OpenTransport])[] = [
  ["WebSockets", webSocketTransport(WebSocket)],
  ["event streams", sseTransport(fetch)],
];

for (const listener of ["deno", "node"]) {
  for (const [name, transport] of CARRIERS) {
    const test = (what: string, run: (setting: Setting) => Promise<void>) =>
      Deno.test(`SDK topics on the ${listener} listener, over ${name}: ${what}`, async () => {
        await using setting = await Setting.open({ APP_LISTENER: listener }, transport);
        await run(setting);
      });

    test("the pages of contact 5 are told of it, also of what was while they were away", async (setting) => {
      await setting.publish({ id: 5, updated_by: 1 });
      await setting.publish({ id: 6, updated_by: 2 });
      const client = setting.client();
      const [asked, token] = tokens();
      const contact = watch(client, { id: 5 }, { token });
      await waitFor("it is in", () => contact.taken() === 1);
      assert.deepEqual(contact.told(), ["1 again"]);
      await setting.publish({ id: 5, updated_by: 3 });
      await setting.publish({ id: 6, updated_by: 4 });
      await contact.hears("1 again", "3");
      await setting.away(client, async () => {
        for (let by = 10; by < 20; by++) {
          await setting.publish({ id: by % 2 ? 5 : 6, updated_by: by });
        }
      });
      await contact.hears("1 again", "3", "11", "13", "15", "17", "19");
      assert.equal(contact.taken(), 2);
      assert.deepEqual(asked, [{ id: 5 }, { id: 5 }], "tokens are asked for anew");
      assert.deepEqual([contact.gaps, contact.errors], [[], []]);
      contact.subscription.unsubscribe();
      await setting.subscriptions(0);
    });

    test("filters are each their own, what is alike is one, and each is told once", async (setting) => {
      const client = setting.client();
      const [, token] = tokens();
      const filters: TopicFilter[] = [{}, { id: 5 }, { id: 5 }, { id: "5" }, { id: 5, by: null }];
      const all = filters.map((filter) => watch(client, filter, { token }));
      await waitFor("all are in", () => all.every(({ taken }) => taken() === 1));
      await setting.subscriptions(4);
      await setting.publish({ id: 5, updated_by: 1 });
      await setting.publish({ id: "5", updated_by: 2 });
      await setting.publish({ id: 5, by: null, updated_by: 3 });
      await all[0]?.hears("1", "2", "3");
      await all[4]?.hears("3");
      assert.deepEqual(all.map(({ told }) => told().join()), ["1,2,3", "1,3", "1,3", "2", "3"]);
      const late = watch(client, { id: 5 }, { token });
      await late.hears("3 again");
      await setting.subscriptions(4);
      for (const { subscription } of [...all.slice(1), late]) subscription.unsubscribe();
      await setting.subscriptions(1);
      await setting.publish({ id: 5, updated_by: 4 });
      await all[0]?.hears("1", "2", "3", "4");
    });
  }
}

test("what the server refuses is told, and a token that expired on the way is got anew", async (setting) => {
  const client = setting.client();
  const warned: string[] = [];
  client.on("error", ({ code }) => warned.push(code));
  const expired = (filter: TopicFilter) =>
    subscriptionToken({ topic: TOPIC, filter, exp: nowSeconds() - 3600 });
  let asked = 0;
  const good = watch(client, { id: 5 }, {
    token: async (topic, filter) =>
      ++asked === 1 ? await expired(filter) : await subscriptionToken({ topic, filter }),
  });
  const wide = watch(client, {}, {
    token: await subscriptionToken({ topic: TOPIC, filter: { id: 5 } }),
  });
  const other = watch(client, { id: 5 }, {
    token: await subscriptionToken({ topic: "Other", filter: {} }),
  });
  const late = watch(client, { id: 5 }, { token: await expired({ id: 5 }) });
  const none = watch(client, { id: 5 });
  await waitFor("it is in", () => good.taken() === 1);
  await waitFor(
    "all are refused",
    () => [wide, other, late, none].every(({ errors }) => errors.length === 1),
  );
  assert.deepEqual([wide, other, late, none].map(({ errors }) => errors[0]?.code), [
    "invalid_token",
    "invalid_token",
    "expired_token",
    "forbidden",
  ]);
  await assert.rejects(client.topics.subscribe(TOPIC, () => {}), { code: "forbidden" });
  assert.deepEqual([good.errors, asked, warned], [[], 2, []]);
  const narrow = watch(client, { id: 5, by: 3 }, {
    token: await subscriptionToken({ topic: TOPIC, filter: { id: 5 } }),
  });
  await waitFor("a narrower one is in", () => narrow.taken() === 1);
  await setting.subscriptions(2);
});

test("a connection token may grant topics, and ids end what they are of", async (setting) => {
  const client = setting.client({ token: () => connectionToken({ topics: ["Contact_*"] }) });
  const heard: unknown[] = [];
  const ids = await Promise.all([
    client.topics.subscribe(TOPIC, ({ data }) => heard.push(data["id"])),
    client.topics.subscribe(TOPIC, { id: 5 }, ({ data }) => heard.push(data["id"])),
  ]);
  await assert.rejects(client.topics.subscribe("Other", () => {}), { code: "forbidden" });
  await setting.publish({ id: 5 });
  await waitFor("both hear it", () => heard.length === 2);
  client.topics.unsubscribe(ids[0]);
  await setting.subscriptions(1);
  await setting.publish({ id: 6 });
  await setting.publish({ id: 5 });
  await waitFor("one hears it", () => heard.length === 3);
  assert.deepEqual(heard, [5, 5, 5]);
  client.topics.unsubscribe(ids[1]);
  await setting.subscriptions(0);
});

test("a filter that rarely matches has a position from which nothing is lost", async (setting) => {
  const client = setting.client({ token: () => connectionToken({ topics: ["*"] }) });
  const rare = watch(client, { id: 5 });
  await waitFor("it is in", () => rare.taken() === 1);
  for (let by = 0; by < 30; by++) await setting.publish({ id: 6, updated_by: by });
  await waitFor("it is told how far the topic is", () => rare.subscription.position?.offset === 30);
  await setting.away(client, async () => {
    for (let by = 0; by < 18; by++) await setting.publish({ id: by === 7 ? 5 : 6, updated_by: by });
  });
  await rare.hears("7");
  assert.deepEqual([rare.gaps, rare.taken()], [[], 2]);
  await setting.away(client, async () => {
    for (let by = 0; by < 40; by++) await setting.publish({ id: by === 8 ? 6 : 5, updated_by: by });
  });
  await rare.hears("7", "39 again");
  assert.equal(rare.gaps.length, 1);
  assert.equal(rare.gaps[0]?.now?.offset, 88);
}, { APP_TOPIC_HISTORY: "*=20/3600" });

test("subscriptions that come and go while much is published take nothing from the others", async (setting) => {
  const client = setting.client({ token: () => connectionToken({ topics: ["*"] }) });
  const all = watch(client, {});
  await waitFor("it is in", () => all.taken() === 1);
  const fields = Array.from({ length: 20 }, (_, index) => `field_${index}`);
  const others: ReturnType<typeof watch>[] = [];
  let published = 0;
  const publish = async () => {
    while (others.length < fields.length) {
      const id = published++ % 2;
      await setting.publish({ ...Object.fromEntries(fields.map((each) => [each, 1])), id });
    }
  };
  const publishing = Promise.all([publish(), publish(), publish()]);
  for (const [index, field] of fields.entries()) {
    const other = watch(client, { id: index % 2, [field]: 1 });
    await new Promise((taken) => other.subscription.on("subscribed", taken));
    others.push(other);
    if (index % 4 === 0) others[index >> 1]?.subscription.unsubscribe();
  }
  await publishing;
  await waitFor("all is there", () => all.messages.length === published);
  assert.deepEqual(
    all.messages.map(({ offset }) => offset),
    Array.from({ length: published }, (_, index) => index + 1),
  );
  for (const { subscription, messages } of others) {
    const { id } = subscription.filter;
    const wanted = all.messages.filter(({ data }) => data["id"] === id).map(({ id }) => id);
    const seen = messages.map(({ id }) => id);
    const from = wanted.indexOf(seen[0] ?? "");
    const upTo = subscription.isEnded ? from + seen.length : wanted.length;
    assert.deepEqual(seen, wanted.slice(from, upTo), "each that came since then, and in order");
  }
});

Deno.test("SDK topics: a node that is killed loses and doubles nothing, nor does the way to another", async () => {
  await using redis = await RedisServer.start();
  const env = { ...redis.env, APP_KEY };
  await using first = await Program.start({ env });
  await using second = await Program.start({ env: { ...env, APP_LISTENER: "node" } });
  const manager = await Manager.of(second);
  using client = closing(connect({
    urls: [first.webSocketUrl, second.webSocketUrl],
    token: () => connectionToken(),
  }));
  const [asked, token] = tokens();
  const five = watch(client.client, { id: 5 }, { token });
  const all = watch(client.client, {}, { token });
  await waitFor("both are in", () => five.taken() === 1 && all.taken() === 1);
  const publish = async (by: number) =>
    void await manager.done(second, `/topics/${TOPIC}`, {
      data: { id: by % 2 ? 5 : 6, updated_by: by },
    });
  const numbers = Array.from({ length: 60 }, (_, index) => index);
  for (const by of numbers) {
    if (by === 20) first.kill();
    await publish(by);
  }
  await five.hears(...numbers.filter((by) => by % 2).map(String));
  await all.hears(...numbers.map(String));
  assert.deepEqual([five.gaps, five.errors, all.gaps, all.errors], [[], [], [], []]);
  assert.deepEqual(asked, [{ id: 5 }, {}, { id: 5 }, {}]);
});

function test(
  what: string,
  run: (setting: Setting) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): void {
  Deno.test(`SDK topics: ${what}`, async () => {
    await using setting = await Setting.open(env);
    await run(setting);
  });
}

function closing(client: Client): { client: Client } & Disposable {
  return { client, [Symbol.dispose]: () => client.close() };
}

/** A server with a key, behind a proxy that takes clients away, and the hand that publishes. */
class Setting implements AsyncDisposable {
  readonly program: Program;
  readonly manager: Manager;
  readonly #proxy: TcpProxy;
  readonly #transport: OpenTransport;
  readonly #clients: Client[] = [];

  private constructor(program: Program, manager: Manager, transport: OpenTransport) {
    this.program = program;
    this.manager = manager;
    this.#proxy = new TcpProxy(program.port);
    this.#transport = transport;
  }

  static async open(
    env: Readonly<Record<string, string>> = {},
    transport: OpenTransport = webSocketTransport(WebSocket),
  ): Promise<Setting> {
    const program = await Program.start({ env: { APP_KEY, ...env } });
    return new Setting(program, await Manager.of(program), transport);
  }

  client(options: ConnectOptions = {}): Client {
    const client = connect({
      url: `ws://127.0.0.1:${this.#proxy.port}/ws`,
      transport: this.#transport,
      token: () => connectionToken(),
      ...options,
    });
    this.#clients.push(client);
    return client;
  }

  /** Does something while the client has no connection, and waits until it is back. */
  async away(client: Client, work: () => Promise<void>): Promise<void> {
    const lost = nextState(client, "waiting");
    this.#proxy.down();
    await lost;
    await work();
    const back = nextState(client, "online");
    this.#proxy.up();
    await back;
  }

  async publish(data: Readonly<Record<string, unknown>>, topic = TOPIC): Promise<void> {
    await this.manager.done(this.program, `/topics/${topic}`, { data });
  }

  /** Resolves when the server has so many subscriptions. */
  async subscriptions(count: number): Promise<void> {
    await waitFor(`${count} subscriptions`, async () => {
      return (await this.manager.stats(this.program))["topic_subscriptions"] === count;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.#proxy[Symbol.asyncDispose]();
    await this.program[Symbol.asyncDispose]();
  }
}

/** A source of subscribe tokens, as an application is, and the filters that it was asked for. */
function tokens(): [
  asked: TopicFilter[],
  token: (topic: string, filter: TopicFilter) => Promise<string>,
] {
  const asked: TopicFilter[] = [];
  return [asked, (topic, filter) => {
    asked.push(filter);
    return subscriptionToken({ sub: undefined, topic, filter });
  }];
}

/** A subscription, with all that it was told. */
function watch(client: Client, filter: TopicFilter, options: TopicOptions = {}) {
  const messages: TopicMessage[] = [];
  const gaps: Gap[] = [];
  const errors: NotifyliError[] = [];
  let taken = 0;
  const subscription = client.topic(TOPIC, filter, (message) => messages.push(message), options);
  subscription.on("gap", (gap) => gaps.push(gap));
  subscription.on("error", (error) => errors.push(error));
  subscription.on("subscribed", () => taken++);
  /** Who it was that changed each contact. */
  const told = () =>
    messages.map(({ data, replay }) => `${data["updated_by"]}${replay ? " again" : ""}`);
  const hears = async (...all: string[]) => {
    await waitFor(
      `it hears ${all} (it heard ${told()}, ${errors})`,
      () => told().length >= all.length,
    );
    assert.deepEqual(told(), all);
  };
  return { subscription, messages, gaps, errors, taken: () => taken, told, hears };
}
