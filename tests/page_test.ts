/** The page in a real Chromium, against a real server and a real Redis. */
import assert from "node:assert/strict";
import type { Browser, BrowserContext, Page } from "playwright-core";
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
    assert.equal((await setting.notify(9, "While you were away")).online, false);
    const page = await setting.connect({ user: "9", name: "Nina" });
    await page.getByRole("button", { name: "Notifications, 1 unread" }).click();
    await notices(page).getByText("While you were away").waitFor();
    assert.equal(await page.getByTestId("toast").count(), 0, "it is no news");
  },
);

Deno.test(
  "page: what is read or put away in one browser is gone in the other",
  OPTIONS,
  async () => {
    await using setting = await start();
    const laptop = await setting.connect({ user: "123", name: "Alice" });
    const phone = await setting.connect({ user: "123", name: "Alice", width: 360 });
    for (const text of ["First", "Second", "Third"]) await setting.notify(123, text);
    for (const page of [laptop, phone]) {
      await bell(page, 3).waitFor();
      await page.getByTestId("toast").filter({ hasText: "Third" }).waitFor();
    }
    await bell(laptop, 3).click();
    for (const page of [laptop, phone]) await bell(page, 0).waitFor();
    assert.equal(await phone.getByTestId("toast").count(), 0);
    assert.equal(await phone.title(), "notifyli");

    await bell(phone, 0).click();
    await item(phone, "Second").getByRole("button", { name: /^Archive/ }).click();
    await item(phone, "First").getByRole("button", { name: /^Delete/ }).click();
    for (const page of [laptop, phone]) {
      for (const text of ["First", "Second"]) await item(page, text).waitFor({ state: "detached" });
      await item(page, "Third").waitFor();
    }
    await laptop.getByRole("button", { name: "Archive all" }).click();
    for (const page of [laptop, phone]) {
      await notices(page).getByText("You are all caught up").waitFor();
    }
    assert.deepEqual(setting.errors, []);
  },
);

Deno.test("page: the unread count is right after the server restarted", OPTIONS, async () => {
  await using setting = await start();
  const laptop = await setting.connect({ user: "123", name: "Alice" });
  const phone = await setting.connect({ user: "123", name: "Alice" });
  await setting.notify(123, "Before");
  await bell(laptop, 1).click();
  await bell(phone, 0).waitFor();
  await laptop.keyboard.press("Escape");
  await setting.stopServer();
  const entry = ["user_id", "123", "message", "Meanwhile"];
  await setting.redis.cli("XADD", "notifyli:notifications", "*", ...entry);
  await setting.startServer();
  for (const page of [laptop, phone]) {
    await bell(page, 1).waitFor();
    assert.match(await page.title(), /^\(1\)/);
  }
  await bell(phone, 1).click();
  for (const page of [laptop, phone]) await bell(page, 0).waitFor();
  assert.equal(await notices(phone).getByRole("listitem").count(), 2);
});

Deno.test(
  "page: older notifications are shown on demand, and the keyboard keeps its place",
  OPTIONS,
  async () => {
    await using setting = await start();
    for (let index = 1; index <= 60; index++) await setting.notify(123, `Number ${index}.`);
    const page = await setting.connect({ user: "123", name: "Alice" });
    await bell(page, 60).click();
    await bell(page, 10).waitFor(); // those that it shows are read
    assert.equal(await notices(page).locator(".notice").count(), 50);
    await notices(page).getByRole("button", { name: "Show older ones" }).click();
    await item(page, "Number 1.").waitFor();
    await bell(page, 0).waitFor();
    assert.equal(await notices(page).locator(".notice").count(), 60);

    await item(page, "Number 59.").getByRole("button", { name: /^Archive/ }).focus();
    await page.keyboard.press("Enter");
    await item(page, "Number 59.").waitFor({ state: "detached" });
    await page.keyboard.press("Enter");
    await item(page, "Number 58.").waitFor({ state: "detached" });
  },
);

Deno.test("page: two tabs share one connection, and both hear everything", OPTIONS, async () => {
  await using setting = await start();
  const first = await setting.connect({ user: "123", name: "Alice" });
  const second = await setting.openTab(first);
  await connected(second);
  assert.equal((await setting.stats()).clients, 1);
  await say(first, "from the first tab");
  await hears(second, "from the first tab");
  await setting.notify(123, "For both");
  for (const page of [first, second]) {
    await page.getByTestId("toast").filter({ hasText: "For both" }).waitFor();
    await bell(page, 1).waitFor();
  }
  await bell(second, 1).click();
  await bell(first, 0).waitFor();
  await first.close();
  await say(second, "the other one is closed");
  await hears(second, "the other one is closed");
  assert.deepEqual(setting.errors, []);
});

Deno.test("page: signing out ends the connection", OPTIONS, async () => {
  await using setting = await start();
  const page = await setting.connect({ user: "123", name: "Alice" });
  await page.getByRole("button", { name: "Account of Alice" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await waitFor("nobody is connected", async () => (await setting.stats()).clients === 0);
  await page.getByLabel("User ID").fill("7");
  await page.getByRole("button", { name: "Connect" }).click();
  await connected(page);
  const response = await setting.notify(7, "For user 7");
  assert.equal(response.online, true);
  await bell(page, 1).waitFor();
});

Deno.test("page: a room shows its last messages to who joins it", OPTIONS, async () => {
  await using setting = await start();
  const alice = await setting.connect({ user: "1", name: "Alice" });
  for (const text of ["one", "two", "three"]) {
    await say(alice, text);
    await hears(alice, text);
  }
  const bob = await setting.connect({ user: "2", name: "Bob" });
  await hears(bob, "three");
  const texts = await bob.getByTestId("message").locator(".bubble").allInnerTexts();
  assert.deepEqual(texts, ["one", "two", "three"]);
  assert.equal(await bob.getByTestId("tab-unread").count(), 0);
});

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

Deno.test("page: a message written offline is sent after a reload, once", OPTIONS, async () => {
  await using setting = await start();
  const alice = await setting.connect({ user: "1", name: "Alice" });
  await say(alice, "said before");
  await hears(alice, "said before");
  await setting.stopServer();
  await alice.getByTestId("connection").and(alice.locator("[data-state=waiting]")).waitFor();
  await say(alice, "written offline");
  await alice.locator("[data-testid=message][data-delivery=pending]").waitFor();
  await setting.startServer();
  await alice.reload();
  await connected(alice);
  const bob = await setting.connect({ user: "2", name: "Bob" });
  for (const page of [alice, bob]) {
    await message(page, "written offline").and(page.locator("[data-delivery=delivered]")).waitFor();
    const texts = await page.getByTestId("message").locator(".bubble").allInnerTexts();
    assert.deepEqual(texts, ["said before", "written offline"]);
  }
});

Deno.test("page: says in the log where messages may be missing", OPTIONS, async () => {
  await using setting = await start();
  const page = await setting.connect({ user: "1", name: "Alice" });
  await say(page, "one");
  await hears(page, "one");
  await setting.stopServer();
  await setting.redis.cli("FLUSHALL");
  await setting.startServer();
  await page.getByTestId("gap").waitFor();
  await say(page, "two");
  await hears(page, "two");
  assert.equal(await page.getByTestId("gap").count(), 1);
});

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

function notices(page: Page) {
  return page.getByRole("dialog", { name: "Notifications" });
}

function item(page: Page, text: string) {
  return notices(page).getByRole("listitem").filter({ hasText: text });
}

function bell(page: Page, unread: number) {
  return page.getByRole("button", {
    name: unread === 0 ? "Notifications" : `Notifications, ${unread} unread`,
    exact: true,
  });
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
    return await this.#openPage(context);
  }

  /** Another tab of the same browser. */
  openTab(page: Page): Promise<Page> {
    return this.#openPage(page.context());
  }

  async #openPage(context: BrowserContext): Promise<Page> {
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

  async notify(userId: number, text: string): Promise<{ online: boolean }> {
    const url = `${this.program.url}/api/users/${userId}/notifications`;
    return await (await fetch(url, { method: "POST", body: text })).json();
  }

  async stats(): Promise<{ clients: number }> {
    return await (await fetch(`${this.program.url}/api/stats`)).json();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    await this.stopServer();
    await this.redis[Symbol.asyncDispose]();
  }
}
