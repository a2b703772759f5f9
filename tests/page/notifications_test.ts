/** Notifications on the page: toasts, the bell, and what one device does for the others. */
import assert from "node:assert/strict";
import { OPTIONS } from "../support/browser.ts";
import {
  bell,
  hears,
  item,
  message,
  notifications,
  say,
  sharedServer,
  toasted,
  toasts,
} from "../support/page.ts";
import { TestClient } from "../support/test_client.ts";

const start = sharedServer();

Deno.test(
  "page: redis-cli PUBLISH becomes a toast and an entry behind the bell",
  OPTIONS,
  async () => {
    await using setting = await start();
    const page = await setting.connect({ user: "1123", name: "Alice" });
    for (
      const payload of [
        `{"user_id":1123,"room":"/user/1123","message":"Your order has shipped","from":"Shop"}`,
        `{"user_id":1123,"message":"And to the bot room"}`,
        `{"user_id":1123,"room":"${setting.room}","message":"And to the room"}`,
      ]
    ) await setting.redis.cli("PUBLISH", "notifyli:messages", payload);
    for (const text of ["Your order has shipped", "And to the bot room", "And to the room"]) {
      await toasted(page, text);
    }
    assert.match(await page.title(), /^\(3\)/);
    await page.getByRole("button", { name: "Notifications, 3 unread" }).click();
    const list = page.getByRole("dialog", { name: "Notifications" });
    await list.getByText("Your order has shipped").waitFor();
    await list.getByText("Shop").waitFor();
    for (const room of [setting.room, "/user/1123"]) {
      assert.equal(await list.getByText(room, { exact: true }).count(), 0, "it says nothing");
    }
    await page.getByRole("button", { name: "Notifications", exact: true }).waitFor();
    assert.deepEqual(setting.errors, []);
  },
);

Deno.test(
  "page: a notification sent while the page was closed is there when it opens",
  OPTIONS,
  async () => {
    await using setting = await start();
    assert.equal((await setting.notify(2009, "While you were away")).online, false);
    const page = await setting.connect({ user: "2009", name: "Nina" });
    await page.getByRole("button", { name: "Notifications, 1 unread" }).click();
    await notifications(page).getByText("While you were away").waitFor();
    assert.equal(await toasts(page).count(), 0, "it is no news");
  },
);

Deno.test(
  "page: what is read or put away in one browser is gone in the other",
  OPTIONS,
  async () => {
    await using setting = await start();
    const laptop = await setting.connect({ user: "3123", name: "Alice" });
    const phone = await setting.connect({ user: "3123", name: "Alice", width: 360 });
    for (const text of ["First", "Second", "Third"]) await setting.notify(3123, text);
    for (const page of [laptop, phone]) {
      await bell(page, 3).waitFor();
      await toasted(page, "Third");
    }
    await bell(laptop, 3).click();
    for (const page of [laptop, phone]) await bell(page, 0).waitFor();
    assert.equal(await toasts(phone).count(), 0);
    assert.equal(await phone.title(), "notifyli");

    await bell(phone, 0).click();
    await item(phone, "Second").getByRole("button", { name: /^Archive/ }).click();
    await item(phone, "First").getByRole("button", { name: /^Delete/ }).click();
    for (const page of [laptop, phone]) {
      for (const text of ["First", "Second"]) await item(page, text).waitFor({ state: "detached" });
      await item(page, "Third").waitFor();
    }
    await laptop.getByRole("button", { name: "Archive all read" }).click();
    for (const page of [laptop, phone]) {
      await notifications(page).getByText("You are all caught up").waitFor();
    }
    assert.deepEqual(setting.errors, []);
  },
);

Deno.test("page: the unread count is right after the server restarted", OPTIONS, async () => {
  await using setting = await start();
  const laptop = await setting.connect({ user: "4123", name: "Alice" });
  const phone = await setting.connect({ user: "4123", name: "Alice" });
  await setting.notify(4123, "Before");
  await bell(laptop, 1).click();
  await bell(phone, 0).waitFor();
  await laptop.keyboard.press("Escape");
  await setting.stopServer();
  const entry = ["user_id", "4123", "message", "Meanwhile"];
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
    for (let index = 1; index <= 60; index++) await setting.notify(5123, `Number ${index}.`);
    const page = await setting.connect({ user: "5123", name: "Alice" });
    await bell(page, 60).click();
    await bell(page, 10).waitFor(); // those that it shows are read
    assert.equal(await notifications(page).locator(".it").count(), 50);
    await notifications(page).getByRole("button", { name: "Show older ones" }).click();
    await item(page, "Number 1.").waitFor();
    await bell(page, 0).waitFor();
    assert.equal(await notifications(page).locator(".it").count(), 60);
    assert.match(await page.locator(".it:focus").innerText(), /Number 10\./, "the first that came");

    await item(page, "Number 59.").getByRole("button", { name: /^Archive/ }).focus();
    await page.keyboard.press("Enter");
    await item(page, "Number 59.").waitFor({ state: "detached" });
    await page.keyboard.press("Enter");
    await item(page, "Number 58.").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Archive all read" }).focus();
    await page.keyboard.press("Enter");
    await notifications(page).getByText("You are all caught up").waitFor();
    await page.keyboard.press("Escape");
    await notifications(page).waitFor({ state: "detached" });
  },
);

Deno.test(
  "page: whatever time is stored with a notification or a message, the page shows all of them",
  OPTIONS,
  async () => {
    await using setting = await start();
    const { redis } = setting;
    await setting.notify(6005, "An ordinary one"); // which makes the inbox
    const now = Math.floor(Date.now() / 1000);
    const times = [now * 1e3, now * 1e6, "9007199254740991", "1e300", "nan", "-5", "", "0"];
    for (const [index, time] of times.entries()) {
      const [id, offset] = [`wild-${index}`, String(index + 2)];
      const content = JSON.stringify({ from: { name: "Shop" }, message: `Wild ${index}` });
      await redis.call(
        "HSET",
        "notifyli:inbox-frames:{6005}",
        id,
        `\n${time} /user/6005\n${content}`,
      );
      await redis.call("HSET", "notifyli:inbox-times:{6005}", id, `${now}000,,,,`);
      for (const set of ["order", "queued", "unread"]) {
        await redis.call("ZADD", `notifyli:inbox-${set}:{6005}`, offset, id);
      }
      await redis.call("HSET", "notifyli:inbox-position:{6005}", "offset", offset);
      const said = JSON.stringify({
        from: { user: "6007", name: "Bob" },
        message: `Said ${index}`,
      });
      const entry = ["kind", "message", "id", id, "at", String(time), "content", said];
      await redis.call(
        "XADD",
        `notifyli:history:room:{${setting.room}}`,
        `${index + 1}-0`,
        ...entry,
      );
      const position = ["offset", String(index + 1), "epoch", "abcd1234"];
      await redis.call("HSET", `notifyli:position:room:{${setting.room}}`, ...position);
    }
    const page = await setting.connect({ user: "6005", name: "Nina" });
    await bell(page, times.length + 1).click();
    for (const index of times.keys()) {
      await item(page, `Wild ${index}`).waitFor();
      await message(page, `Said ${index}`).waitFor();
    }
    await item(page, "An ordinary one").waitFor();
    for (const index of [0, 1]) {
      const shown = await item(page, `Wild ${index}`).locator("time").getAttribute("datetime");
      assert.equal(shown, new Date(now * 1000).toISOString(), "it is read in its unit");
    }
    await setting.notify(6005, "One more");
    await item(page, "One more").waitFor();
    assert.deepEqual(setting.errors, []);
  },
);

Deno.test(
  "page: a stored name that turns the direction of text turns nothing but itself",
  OPTIONS,
  async () => {
    await using setting = await start();
    const page = await setting.connect({ user: "7005", name: "Nina" });
    await say(page, "I am here");
    await hears(page, "I am here");
    const content = JSON.stringify({ from: { user: "7007", name: "\u202eevil" }, message: "Boo" });
    await setting.redis.call(
      ...[
        "PUBLISH",
        `notifyli:room:${setting.room}`,
        `message 0 - turning-1 1700000000 \n${content}`,
      ],
    );
    const said = message(page, "Boo");
    await said.waitFor();
    // `bdi` keeps the direction of what is in it from what is around it.
    const name = said.locator(".message-name bdi");
    assert.equal(await name.textContent(), "[U+202E]evil", "what nobody sees is shown");
    // An old server has messages of names that nobody sees: their writer's id is shown.
    const unseen = JSON.stringify({ from: { user: "7077", name: "\u200b\u3164" }, message: "Who" });
    await setting.redis.call(
      ...[
        "PUBLISH",
        `notifyli:room:${setting.room}`,
        `message 0 - unseen-1 1700000000 \n${unseen}`,
      ],
    );
    await message(page, "Who").waitFor();
    assert.equal(await message(page, "Who").locator(".message-name").textContent(), "7077");
    assert.deepEqual(setting.errors, []);
  },
);

Deno.test(
  "page: a message with the id of another's is shown, and takes nothing from its writer",
  OPTIONS,
  async () => {
    await using setting = await start();
    const page = await setting.connect({ user: "8005", name: "Nina" });
    for (const user of ["7", "8"]) {
      await using client = await TestClient.join(setting.program.webSocketUrl, {
        user,
        room: setting.room,
      });
      client.send({
        type: "usermsg",
        id: "the-same-1",
        user_id: user,
        room: setting.room,
        message: user,
      });
      await client.get("usermsg");
    }
    for (const user of ["7", "8"]) await message(page, user).first().waitFor();
    assert.equal(await page.getByTestId("message").count(), 2);
    assert.deepEqual(setting.errors, []);
  },
);
