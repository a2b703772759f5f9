/** Web Push with a real browser, from the page to what is on the screen: Firefox subscribes at a push service on this machine. */
import assert from "node:assert/strict";
import { connect } from "../../lib/sdk/mod.ts";
import { OPTIONS } from "../support/browser.ts";
import { Firefox } from "../support/firefox.ts";
import { freePort } from "../support/free_port.ts";
import { Folder } from "../support/folder.ts";
import { Program } from "../support/program.ts";
import { BrowserPushService } from "../support/push/browser_push_service.ts";
import { waitFor } from "../support/wait.ts";

const ENV = { APP_OUTGOING_PRIVATE_IPS: "127.0.0.1", APP_PUSH_AFTER: "1s" };

Deno.test(
  "Web Push in Firefox: from the page's switch to the screen, and back by a click",
  OPTIONS,
  async (test) => {
    await using world = await World.open();
    const { firefox, service } = world;

    let order = "";

    await test.step("the page asks when the first notification was seen, and subscribes", async () => {
      await world.signIn("7");
      await notify(world, 7, { message: "The first one" });
      await firefox.clickIn(INBOX, `.bell[aria-label="Notifications, 1 unread"]`);
      await firefox.click(`//button[.="Turn on"]`);
      await waitFor("there is a device", async () => (await devices(world, 7)).length === 1);
      assert.equal(service.subscriptions, 1);
      const [device] = await devices(world, 7);
      assert.equal(device?.platform, "Firefox on Linux");
      await firefox.gone(`//button[.="Turn on"]`);
    });

    await test.step("what comes while no page is open is shown, with its text", async () => {
      await world.leave();
      order = await notify(world, 7, {
        title: "Order 7",
        message: "It was shipped",
        url: "/#/rooms/orders",
      });
      await shows(world, ["Order 7: It was shipped"]);
      assert.equal(service.acknowledged.length, 1);
    });

    await test.step("a click opens its address in a tab, and it is read", async () => {
      await firefox.clickAlert("Order 7");
      const url = `${world.program.url}/#/rooms/orders`;
      await waitFor("the tab", async () => (await firefox.tabs()).includes(url));
      await waitFor("it is read", async () => (await receipt(world, order)).state === "read");
      await shows(world, []);
    });

    await test.step("an open tab is told, and goes there without being loaded again", async () => {
      await firefox.closeTab();
      await world.leave();
      const id = await notify(world, 7, { title: "Now", message: "Look" });
      await shows(world, ["Now: Look"]);
      await firefox.go(`${world.program.url}/`);
      await firefox.there(ONLINE);
      await firefox.run("document.body.dataset.isSame = 'yes'");
      await firefox.clickAlert("Now");
      await firefox.thereIn(INBOX, `[data-id="${id}"]`);
      await waitFor(
        "it has the focus",
        () =>
          firefox.run(
            `return document.activeElement?.shadowRoot?.activeElement?.dataset.id === "${id}"`,
          ),
      );
      assert.equal(await firefox.run("return document.body.dataset.isSame"), "yes");
      assert.equal((await firefox.tabs()).length, 1);
    });

    await test.step("what is read elsewhere is closed", async () => {
      await world.leave();
      const id = await notify(world, 7, { message: "Read it anywhere" });
      await shows(world, ["Read it anywhere: "]);
      const other = connect({ url: world.program.webSocketUrl, userId: "7" });
      await other.notifications.markRead([id]);
      other.close();
      await shows(world, []);
    });

    await test.step("another subscription is registered without any page", async () => {
      const [before] = await devices(world, 7);
      service.forget();
      await firefox.reconnectPush();
      await waitFor("it is registered", async () => {
        const [{ id, seen_at: seenAt } = {}] = await devices(world, 7);
        return id === before?.["id"] && Number(seenAt) > Number(before?.["seen_at"]);
      });
      const id = await notify(world, 7, { title: "By the new one", message: "Yes" });
      await shows(world, ["By the new one: Yes"]);
      // A tab is opened, and is told when it is there.
      await firefox.clickAlert("By the new one");
      await waitFor("another tab", async () => (await firefox.tabs()).length === 2);
      await firefox.useTab("last");
      await firefox.thereIn(INBOX, `[data-id="${id}"]`);
      await firefox.closeTab();
    });

    await test.step("another key of the server is subscribed with when a page opens", async () => {
      await world.leave();
      const [before] = await devices(world, 7);
      await world.restart({ PUSH_VAPID_PRIVATE_KEY: await newKey() });
      await firefox.go(`${world.program.url}/`);
      await waitFor("there is another device", async () => {
        const now = await devices(world, 7);
        return now.length === 1 && now[0]?.["id"] !== before?.["id"];
      });
      await world.leave();
      await notify(world, 7, { title: "Signed by the new key", message: "Yes" });
      await shows(world, ["Signed by the new key: Yes"]);
    });

    await test.step("who signs out is shown nothing more, and the next one has the browser", async () => {
      await firefox.go(`${world.program.url}/`);
      await firefox.there(ONLINE);
      await firefox.click(`//button[starts-with(@aria-label, "Account of")]`);
      await firefox.click(`//button[normalize-space(.)="Sign out"]`);
      await firefox.there(`//button[.="Connect"]`);
      await waitFor("the device is gone", async () => (await devices(world, 7)).length === 0);
      assert.equal(service.subscriptions, 0);
      await world.signIn("8");
      await switchOf(world, (name) => firefox.click(name));
      await waitFor("there is a device", async () => (await devices(world, 8)).length === 1);
    });

    await test.step("a user's device is another one's who turns it on in the same browser", async () => {
      // A tab of somebody else, who has not signed out the first one.
      await firefox.run(`const { connect } = await import("/notifyli.js");
      const client = connect({ url: "/ws", userId: "9" });
      await client.push.subscribe();
      client.close();`);
      await waitFor("it has moved", async () => (await devices(world, 8)).length === 0);
      assert.equal((await devices(world, 9)).length, 1);
      await waitFor(
        "the first one sees that",
        () => firefox.run(`return document.querySelector(".push .switch")?.checked === false`),
      );
    });
  },
);

const ONLINE = `//*[@data-testid="connection"][@data-state="online"]`;

/** What shows the notifications. */
const INBOX = "notifyli-inbox";

/** Opens the preferences, and does something to the switch of this device. */
async function switchOf({ firefox }: World, act: (selector: string) => Promise<void>) {
  await firefox.clickIn(INBOX, ".bell");
  await firefox.clickIn(INBOX, "[aria-label=Preferences]");
  await act(`//input[@aria-label="Show notifications on this device"]`);
}

async function shows({ firefox }: World, texts: readonly string[]): Promise<void> {
  let last: string[] = [];
  const look = async () => {
    last = await firefox.alerts();
    return JSON.stringify(last) === JSON.stringify(texts);
  };
  await waitFor("what is on the screen", look).catch(() => assert.deepEqual(last, texts));
}

/** A private key of Web Push, as `notifyli push keys` makes it. */
async function newKey(): Promise<string> {
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
  ]);
  return (await crypto.subtle.exportKey("jwk", keys.privateKey)).d ?? "";
}

async function receipt({ program }: World, id: string): Promise<Record<string, unknown>> {
  return await (await fetch(`${program.url}/api/notifications/${id}`)).json();
}

interface Options {
  readonly env: Readonly<Record<string, string>>;
  readonly dataDir: string;
}

/** A server, a browser and a push service. */
class World implements AsyncDisposable {
  program: Program;
  readonly #options: Options;
  readonly #parts: AsyncDisposableStack;

  private constructor(
    parts: AsyncDisposableStack,
    options: Options,
    program: Program,
    readonly service: BrowserPushService,
    readonly firefox: Firefox,
  ) {
    this.#parts = parts;
    this.#options = options;
    this.program = program;
  }

  static async open(): Promise<World> {
    await using parts = new AsyncDisposableStack();
    const service = parts.use(new BrowserPushService());
    const folder = parts.use(await Folder.of({}));
    const env = { ...ENV, APP_PORT: String(freePort()) };
    const program = await Program.start({ env, dataDir: folder.path });
    const firefox = parts.use(await Firefox.start(service.webSocketUrl));
    await firefox.go(`${program.url}/healthz`);
    await service.greeted();
    return new World(parts.move(), { env, dataDir: folder.path }, program, service, firefox);
  }

  async signIn(user: string): Promise<void> {
    const { firefox, program } = this;
    await firefox.go(`${program.url}/`);
    await firefox.fill(field("User ID"), user);
    await firefox.fill(field("Name"), `User ${user}`);
    await firefox.fill(field("Room"), "lobby");
    await firefox.click(`//button[.="Connect"]`);
    await firefox.there(ONLINE);
  }

  /** Leaves the page, and waits until the server knows. */
  async leave(): Promise<void> {
    await this.firefox.go("about:blank");
    await waitFor("nobody is connected", async () => {
      const stats = await fetch(`${this.program.url}/api/stats`);
      return (await stats.json()).clients === 0;
    });
  }

  async restart(env: Readonly<Record<string, string>>): Promise<void> {
    await this.program[Symbol.asyncDispose]();
    const { env: before, dataDir } = this.#options;
    this.program = await Program.start({ env: { ...before, ...env }, dataDir });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
    await this.#parts.disposeAsync();
  }
}

function field(label: string): string {
  return `//input[@id=//label[starts-with(normalize-space(.), "${label}")]/@for] | //label[starts-with(normalize-space(.), "${label}")]//input`;
}

async function notify({ program }: World, user: number, fields: object): Promise<string> {
  const response = await fetch(`${program.url}/api/users/${user}/notifications`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(fields),
  });
  return (await response.json()).id;
}

async function devices({ program }: World, user: number): Promise<Record<string, unknown>[]> {
  const response = await fetch(`${program.url}/api/users/${user}/devices`);
  return (await response.json()).devices;
}
