/** The page in a real Chromium, against a real server and a real Redis. */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { openBrowser } from "./support/browser.ts";
import { Program } from "./support/program.ts";
import { freePort, RedisServer } from "./support/redis.ts";
import { waitFor } from "./support/wait.ts";

/** Playwright keeps a socket and timers of its own until the browser is closed. */
const OPTIONS = { sanitizeOps: false, sanitizeResources: false };

Deno.test("page: two users chat, and see each other come and go", OPTIONS, async () => {
  await using setting = await start();
  const alice = await setting.connect({ user: "1", name: "Alice" });
  const bob = await setting.connect({ user: "2", name: "Bob" });
  await say(alice, "Hello Bob");
  await hears(bob, "Hello Bob");
  await say(bob, "Hello Alice <b>&amp;</b>");
  await hears(alice, "Hello Alice <b>&amp;</b>");
  const people = alice.getByRole("complementary", { name: "People in this room" });
  await people.getByText("Bob").waitFor();
  await bob.context().close();
  await people.getByText("Bob").waitFor({ state: "detached" });
  assert.deepEqual(setting.errors, []);
});

Deno.test(
  "page: redis-cli PUBLISH becomes a toast and an entry behind the bell",
  OPTIONS,
  async () => {
    await using setting = await start();
    const page = await setting.connect({ user: "123", name: "Alice" });
    for (
      const payload of [
        `{"user_id":123,"room":"/user/123","message":"Your order has shipped","from":"Shop"}`,
        `{"user_id":123,"message":"And to the bot room"}`,
        `{"user_id":123,"room":"lobby","message":"And to the lobby"}`,
      ]
    ) await setting.redis.cli("PUBLISH", "notifyli:messages", payload);
    await page.getByTestId("toast").filter({ hasText: "Your order has shipped" }).waitFor();
    await page.getByTestId("toast").filter({ hasText: "And to the bot room" }).waitFor();
    await page.getByTestId("toast").filter({ hasText: "And to the lobby" }).waitFor();
    assert.match(await page.title(), /^\(3\)/);
    await page.getByRole("button", { name: "Notifications, 3 unread" }).click();
    const list = page.getByRole("dialog", { name: "Notifications" });
    await list.getByText("Your order has shipped").waitFor();
    await list.getByText("Shop").waitFor();
    await page.getByRole("button", { name: "Notifications", exact: true }).waitFor();
    assert.deepEqual(setting.errors, []);
  },
);

Deno.test(
  "page: a notification sent while the page was closed is there when it opens",
  OPTIONS,
  async () => {
    await using setting = await start();
    const response = await fetch(`${setting.program.url}/api/users/9/notifications`, {
      method: "POST",
      body: "While you were away",
    });
    assert.equal((await response.json()).online, false);
    const page = await setting.connect({ user: "9", name: "Nina" });
    await page.getByTestId("toast").filter({ hasText: "While you were away" }).waitFor();
  },
);

Deno.test("page: a reload keeps the settings and connects by itself", OPTIONS, async () => {
  await using setting = await start();
  const page = await setting.connect({ user: "1", name: "Alice" });
  await page.getByRole("button", { name: "Join a room" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Room").fill("support");
  await dialog.getByRole("button", { name: "Join", exact: true }).click();
  await page.getByRole("tab", { name: "support", selected: true }).waitFor();
  await page.reload();
  await connected(page);
  await page.getByRole("tab", { name: "support", selected: true }).waitFor();
  await page.getByRole("tab", { name: "lobby" }).waitFor();
  await say(page, "as before");
  await hears(page, "as before");
});

Deno.test(
  "page: reconnects after the server restarted, and sends what was written meanwhile",
  OPTIONS,
  async () => {
    await using setting = await start();
    const alice = await setting.connect({ user: "1", name: "Alice" });
    const bob = await setting.connect({ user: "2", name: "Bob" });
    await setting.stopServer();
    for (const page of [alice, bob]) {
      await page.getByTestId("connection").and(page.locator("[data-state=waiting]")).waitFor();
    }
    await say(alice, "written while away");
    await alice.locator("[data-testid=message][data-delivery=pending]").waitFor();
    await setting.startServer();
    for (const page of [alice, bob]) await connected(page);
    await alice.locator("[data-testid=message][data-delivery=delivered]").waitFor();
    assert.equal(await message(alice, "written while away").count(), 1);
    await say(bob, "both are back");
    await hears(alice, "both are back");
  },
);

Deno.test("page: fits 360 px and 1440 px without scrolling sideways", OPTIONS, async () => {
  await using setting = await start();
  for (const width of [360, 1440]) {
    const page = await setting.connect({ user: String(width), name: "Wide", width });
    const overflow = await page.evaluate(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
    assert.equal(overflow, 0, `at ${width} px`);
  }
});

Deno.test("page: can be used with the keyboard alone", OPTIONS, async () => {
  await using setting = await start();
  const page = await setting.open({});
  await page.getByLabel("User ID").focus();
  await page.keyboard.type("5");
  await page.getByLabel("Name").focus();
  await page.keyboard.type("Kim");
  await page.getByLabel("Room").fill("lobby");
  await page.keyboard.press("Enter");
  await connected(page);
  await page.getByRole("textbox", { name: "Message lobby" }).focus();
  await page.keyboard.type("typed");
  await page.keyboard.press("Enter");
  await hears(page, "typed");
});

async function say(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: /^Message / }).fill(text);
  await page.keyboard.press("Enter");
}

async function hears(page: Page, text: string): Promise<void> {
  await message(page, text).first().waitFor();
}

function message(page: Page, text: string) {
  return page.getByTestId("message").filter({ hasText: text });
}

async function connected(page: Page): Promise<void> {
  await page.getByTestId("connection").and(page.locator("[data-state=online]")).waitFor();
}

async function start(): Promise<Setting> {
  const setting = new Setting(await RedisServer.start(), await openBrowser());
  await setting.startServer();
  return setting;
}

class Setting implements AsyncDisposable {
  readonly #port = String(freePort());
  #program: Program | undefined;
  /** What the pages complained of. */
  readonly errors: string[] = [];

  constructor(readonly redis: RedisServer, readonly browser: Browser) {}

  get program(): Program {
    if (this.#program === undefined) throw new Error("the server is not running");
    return this.#program;
  }

  async startServer(): Promise<void> {
    const env = { ...this.redis.env, APP_PORT: this.#port };
    this.#program = await Program.start({ env });
    await waitFor(
      "the bridge routes",
      () => this.program.log.some(({ message }) => message.startsWith("subscribed to")),
    );
  }

  async stopServer(): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]();
    this.#program = undefined;
  }

  async open({ width = 1280 }: { width?: number }): Promise<Page> {
    const context = await this.browser.newContext({ viewport: { width, height: 800 } });
    const page = await context.newPage();
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("console", (line) => {
      if (line.type() === "error") this.errors.push(line.text());
    });
    await page.goto(this.program.url);
    return page;
  }

  async connect(
    { user, name, width }: { user: string; name: string; width?: number },
  ): Promise<Page> {
    const page = await this.open({ width });
    await page.getByLabel("User ID").fill(user);
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Room").fill("lobby");
    await page.getByRole("button", { name: "Connect" }).click();
    await connected(page);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    await this.stopServer();
    await this.redis[Symbol.asyncDispose]();
  }
}
