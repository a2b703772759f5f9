/** The page in a real Chromium, against a real server and a real Redis: rooms, connections, reloads, layout. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { OPTIONS } from "../support/browser.ts";
import {
  bell,
  connected,
  hears,
  message,
  say,
  type Setting,
  sharedServer,
  toasted,
} from "../support/page.ts";
import { waitFor } from "../support/wait.ts";

const start = sharedServer();

Deno.test("page: two users chat, and see each other come and go", OPTIONS, async () => {
  await using setting = await start();
  const alice = await setting.connect({ user: "1001", name: "Alice" });
  const bob = await setting.connect({ user: "1002", name: "Bob" });
  await say(alice, "Hello Bob");
  await hears(bob, "Hello Bob");
  await say(bob, "Hello Alice <b>&amp;</b>");
  await hears(alice, "Hello Alice <b>&amp;</b>");
  const people = alice.getByRole("complementary", { name: "People in this room" });
  await people.getByText("Bob").waitFor();
  assert.deepEqual(await overflows(alice, ".bubble", ".message-name", ".person-name"), ["clip"]);
  await bob.context().close();
  await people.getByText("Bob").waitFor({ state: "detached" });
  assert.deepEqual(setting.errors, []);
});

Deno.test("page: two tabs share one connection, and both hear everything", OPTIONS, async () => {
  await using setting = await start();
  const first = await setting.connect({ user: "2123", name: "Alice" });
  const second = await setting.openTab(first);
  await connected(second);
  await one(setting);
  await say(first, "from the first tab");
  await hears(second, "from the first tab");
  await setting.notify(2123, "For both");
  for (const page of [first, second]) {
    await toasted(page, "For both");
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
  const page = await setting.connect({ user: "3123", name: "Alice" });
  await page.getByRole("button", { name: "Account of Alice" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await waitFor("nobody is connected", async () => (await setting.stats()).clients === 0);
  await page.getByLabel("User ID").fill("3007");
  await page.getByRole("button", { name: "Connect" }).click();
  await connected(page);
  let sent = 0;
  await waitFor("user 3007 is seen there", async () => {
    sent++;
    return (await setting.notify(3007, "For user 3007")).online === true;
  });
  await bell(page, sent).waitFor();
});

Deno.test("page: a room shows its last messages to who joins it", OPTIONS, async () => {
  await using setting = await start();
  const alice = await setting.connect({ user: "4001", name: "Alice" });
  for (const text of ["one", "two", "three"]) {
    await say(alice, text);
    await hears(alice, text);
  }
  const bob = await setting.connect({ user: "4002", name: "Bob" });
  await hears(bob, "three");
  const texts = await bob.getByTestId("message").locator(".bubble-text").allInnerTexts();
  assert.deepEqual(texts, ["one", "two", "three"]);
  assert.equal(await bob.getByTestId("tab-unread").count(), 0);
});

Deno.test("page: a reload keeps the settings and connects by itself", OPTIONS, async () => {
  await using setting = await start();
  const page = await setting.connect({ user: "5001", name: "Alice" });
  await page.getByRole("button", { name: "Join a room" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Room").fill("support");
  await dialog.getByRole("button", { name: "Join", exact: true }).click();
  await current(page, "support").waitFor();
  await page.reload();
  await connected(page);
  await current(page, "support").waitFor();
  await page.getByRole("link", { name: setting.room }).waitFor();
  await say(page, "as before");
  await hears(page, "as before");
});

Deno.test(
  "page: reconnects after the server restarted, and sends what was written meanwhile",
  OPTIONS,
  async () => {
    await using setting = await start();
    const alice = await setting.connect({ user: "6001", name: "Alice" });
    const bob = await setting.connect({ user: "6002", name: "Bob" });
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
  const alice = await setting.connect({ user: "7001", name: "Alice" });
  await say(alice, "said before");
  await message(alice, "said before").and(alice.locator("[data-delivery=delivered]")).waitFor();
  await setting.stopServer();
  await alice.getByTestId("connection").and(alice.locator("[data-state=waiting]")).waitFor();
  await say(alice, "written offline");
  await alice.locator("[data-testid=message][data-delivery=pending]").waitFor();
  await setting.startServer();
  await alice.reload();
  await connected(alice);
  const bob = await setting.connect({ user: "7002", name: "Bob" });
  for (const page of [alice, bob]) {
    await message(page, "written offline").and(page.locator("[data-delivery=delivered]")).waitFor();
    const texts = await page.getByTestId("message").locator(".bubble-text").allInnerTexts();
    assert.deepEqual(texts, ["said before", "written offline"]);
  }
});

Deno.test("page: says in the log where messages may be missing", OPTIONS, async () => {
  await using setting = await start();
  const page = await setting.connect({ user: "8001", name: "Alice" });
  await say(page, "one");
  // Shown it is at once; behind what the server has not taken, nothing can be missing.
  await message(page, "one").and(page.locator("[data-delivery=delivered]")).waitFor();
  await setting.stopServer();
  await setting.redis.call("FLUSHALL");
  await setting.startServer();
  await page.getByTestId("gap").waitFor();
  await say(page, "two");
  await hears(page, "two");
  assert.equal(await page.getByTestId("gap").count(), 1);
});

Deno.test("page: fits 360 px and 1440 px without scrolling sideways", OPTIONS, async () => {
  await using setting = await start();
  const page = await setting.connect({ user: "9001", name: "Wide" });
  for (const width of [1440, 360]) {
    await page.setViewportSize({ width, height: 800 });
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
  await page.keyboard.type("10005");
  await page.getByLabel("Name").focus();
  await page.keyboard.type("Kim");
  await page.getByLabel("Room").fill(setting.room);
  await page.keyboard.press("Enter");
  await connected(page);
  await page.getByRole("textbox", { name: `Message ${setting.room}` }).focus();
  await page.keyboard.type("typed");
  await page.keyboard.press("Enter");
  await hears(page, "typed");
});

/** Waits until no other connection is there: those of the test before end by themselves. */
async function one(setting: Setting): Promise<void> {
  await waitFor("there is one connection", async () => (await setting.stats()).clients === 1);
}

/** The entry of the list that is shown beside it. */
function current(page: Page, name: string) {
  return page.getByTestId("row").and(page.locator("[aria-current=page]")).filter({ hasText: name });
}

/** What is done with what does not fit: marks that are piled on a letter must not cover what stands beside it. */
async function overflows(page: Page, ...places: string[]): Promise<unknown[]> {
  const all = await page.evaluate(
    `${
      JSON.stringify(places)
    }.map((place) => getComputedStyle(document.querySelector(place)).overflowY)`,
  );
  return [...new Set(all as string[])];
}
