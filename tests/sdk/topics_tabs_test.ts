/** Topics of tabs that share a worker, with the real server and tokens. */
import assert from "node:assert/strict";
import type { OpenTransport, TopicFilter } from "../../lib/sdk/mod.ts";
import { sseTransport } from "../../lib/sdk/core/sse_transport.ts";
import { webSocketTransport } from "../../lib/sdk/core/transport.ts";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { TabBrowser, type WatchedTab } from "../support/tab_browser.ts";
import { APP_KEY, connectionToken, subscriptionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const CARRIERS: readonly (readonly [string, string, OpenTransport])[] = [
  ["deno", "WebSockets", webSocketTransport(WebSocket)],
  ["node", "event streams", sseTransport(fetch)],
];

for (const [listener, name, carry] of CARRIERS) {
  const test = (what: string, run: (setting: Setting) => Promise<void>) =>
    Deno.test(`SDK topics of tabs on the ${listener} listener, over ${name}: ${what}`, async () => {
      await using setting = await Setting.open(listener, carry);
      await run(setting);
    });

  test("those that are alike are one subscription, which the last tab ends", async (setting) => {
    const [one, other] = [setting.tab(), setting.tab()];
    const ones = [watch(one, {}), watch(one, { id: 5 })];
    const others = [watch(other, { id: 5 }), watch(other, { id: 6 })];
    await setting.taken(...ones, ...others);
    await setting.subscriptions(3);
    await setting.publish({ id: 5, n: 1 });
    await setting.publish({ id: 6, n: 2 });
    const heard = (all: readonly Watched[]) => all.map(({ heard }) => heard.join()).join(" ");
    await waitFor("all hear", () => heard([...ones, ...others]) === "1,2 1 1 2");
    const late = watch(other, {});
    await setting.taken(late);
    assert.deepEqual(late.heard, ["2 again"]);
    await setting.subscriptions(3);
    one.client.close();
    await setting.subscriptions(3);
    others[1]?.subscription.unsubscribe();
    await setting.subscriptions(2);
    await setting.publish({ id: 5, n: 3 });
    await waitFor("the other goes on", () => heard([...others, late]) === "1,3 2 2 again,3");
    assert.equal(heard(ones), "1,2 1");
    assert.equal(setting.browser.opened, 1);
    other.client.close();
    await setting.browser.settled(0);
    await setting.subscriptions(0);
  });

  test("after a cut each goes on from where it was, with tokens of its own", async (setting) => {
    const tabs = [setting.tab(), setting.tab(), setting.tab()];
    const all = tabs.map((tab) => watch(tab, { id: 5 }));
    await setting.taken(...all);
    for (let round = 0; round < 5; round++) {
      await setting.publish({ id: 5, n: `${round} before` });
      setting.browser.cut();
      await setting.publish({ id: 6, n: `${round} other` });
      await setting.publish({ id: 5, n: `${round} after` });
      for (const { client } of tabs) client.reconnect();
    }
    const expected = [0, 1, 2, 3, 4].flatMap((n) => [`${n} before`, `${n} after`]);
    await waitFor(
      `all is there (${all.map(({ heard }) => heard)})`,
      () => all.every(({ heard }) => heard.length >= expected.length),
    );
    for (const { heard, gaps, asked } of all) {
      assert.deepEqual([heard, gaps()], [expected, 0]);
      assert.ok(asked() > 1);
    }
    await setting.subscriptions(1);
  });
}

/** A server with a key, a browser, and the hand that publishes. */
class Setting implements AsyncDisposable {
  readonly program: Program;
  readonly manager: Manager;
  readonly browser: TabBrowser;

  private constructor(program: Program, manager: Manager, carry: OpenTransport) {
    this.program = program;
    this.manager = manager;
    this.browser = new TabBrowser(carry);
  }

  static async open(listener: string, carry: OpenTransport): Promise<Setting> {
    const program = await Program.start({ env: { APP_KEY, APP_LISTENER: listener } });
    return new Setting(program, await Manager.of(program), carry);
  }

  tab(): WatchedTab {
    return this.browser.tab({
      url: this.program.webSocketUrl,
      token: () => connectionToken({ jti: crypto.randomUUID() }),
    });
  }

  async publish(data: unknown): Promise<void> {
    await this.manager.done(this.program, "/topics/T", { data });
  }

  async taken(...all: readonly Watched[]): Promise<void> {
    await waitFor("they are taken", () => all.every(({ isTaken }) => isTaken()));
  }

  /** Resolves when the server has so many subscriptions. */
  async subscriptions(count: number): Promise<void> {
    await waitFor(`${count} subscriptions`, async () => {
      return (await this.manager.stats(this.program))["topic_subscriptions"] === count;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.browser[Symbol.dispose]();
    await this.browser.settled(0);
    await this.program[Symbol.asyncDispose]();
  }
}

type Watched = ReturnType<typeof watch>;

function watch({ client }: WatchedTab, filter: TopicFilter) {
  const heard: string[] = [];
  let [taken, gaps, asked] = [0, 0, 0];
  const token = (topic: string, filter: TopicFilter) => {
    asked++;
    return subscriptionToken({ topic, filter, jti: crypto.randomUUID() });
  };
  const subscription = client.topic(
    "T",
    filter,
    ({ data, replay }) => heard.push(`${data["n"]}${replay ? " again" : ""}`),
    { token },
  );
  subscription.on("subscribed", () => taken++);
  subscription.on("gap", () => gaps++);
  return { subscription, heard, isTaken: () => taken > 0, gaps: () => gaps, asked: () => asked };
}
