/** Notifications on the page: toasts, the bell, and what one device does for the others. */
import assert from "node:assert/strict";
import { OPTIONS } from "../support/browser.ts";
import { bell, item, notifications, start } from "../support/page.ts";

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
    await notifications(page).getByText("While you were away").waitFor();
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
      await notifications(page).getByText("You are all caught up").waitFor();
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
  await setting.redis.call("XADD", "notifyli:notifications", "*", ...entry);
  await setting.startServer();
  for (const page of [laptop, phone]) {
    await bell(page, 1).waitFor();
    assert.match(await page.title(), /^\(1\)/);
  }
  await bell(phone, 1).click();
  for (const page of [laptop, phone]) await bell(page, 0).waitFor();
  assert.equal(await notifications(phone).getByRole("listitem").count(), 2);
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
    assert.equal(await notifications(page).locator(".notification").count(), 50);
    await notifications(page).getByRole("button", { name: "Show older ones" }).click();
    await item(page, "Number 1.").waitFor();
    await bell(page, 0).waitFor();
    assert.equal(await notifications(page).locator(".notification").count(), 60);
    assert.match(await page.locator("li:focus").innerText(), /Number 10\./, "the first that came");

    await item(page, "Number 59.").getByRole("button", { name: /^Archive/ }).focus();
    await page.keyboard.press("Enter");
    await item(page, "Number 59.").waitFor({ state: "detached" });
    await page.keyboard.press("Enter");
    await item(page, "Number 58.").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Archive all" }).focus();
    await page.keyboard.press("Enter");
    await notifications(page).getByText("You are all caught up").waitFor();
    await page.keyboard.press("Escape");
    await notifications(page).waitFor({ state: "detached" });
  },
);
