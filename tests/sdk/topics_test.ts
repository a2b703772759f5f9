/** Topics of the library with the real server; `topics_unit_test.ts` has what cannot be had from one. */
import assert from "node:assert/strict";
import {
  type Client,
  connect,
  type ConnectOptions,
  type Gap,
  NotifyliError,
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
import { APP_KEY, connectionToken, subscriptionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const TOPIC = "Contact_Updated_Topic";

const CARRIERS: readonly (readonly [string, OpenTransport])[] = [
  ["WebSockets", webSocketTransport(WebSocket)],
  ["event streams", sseTransport(fetch)],
];

for (const listener of ["deno", "node"]) {
  for (const [name, transport] of CARRIERS) {
    const test = (what: string, run: (setting: Setting) => Promise<void>, env = {}) =>
      Deno.test(`SDK topics on the ${listener} listener, over ${name}: ${what}`, async () => {
        await using setting = await Setting.open({ APP_LISTENER: listener, ...env }, transport);
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
