/** Thousands of rooms and users in the dashboard: the browser draws those near the window, and the server orders and filters. */
import assert from "node:assert/strict";
import { OPTIONS } from "../support/browser.ts";
import { Dashboard, live, row } from "../support/dashboard.ts";
import { Program } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";

const MANY = 2000;

Deno.test(
  "dashboard: of 2,000 rooms and users few are drawn, and each can be found",
  OPTIONS,
  async () => {
    await using program = await Program.start({
      env: {
        APP_LIMIT_CONNECTIONS_PER_ADDRESS: "off",
        APP_RATE_CONNECTS: "off",
        APP_RATE_CONNECTS_PER_ADDRESS: "off",
      },
    });
    await using clients = new AsyncDisposableStack();
    for (let at = 0; at < MANY; at += 100) {
      const some = Array.from({ length: 100 }, (_, index) =>
        TestClient.join(program.webSocketUrl, {
          user: `user-${String(at + index).padStart(5, "0")}`,
          room: `room-${String(at + index).padStart(5, "0")}`,
        }));
      for (const client of await Promise.all(some)) clients.use(client);
    }
    clients.use(
      await TestClient.join(program.webSocketUrl, { user: "one-more", room: "room-01234" }),
    );
    await using dashboard = new Dashboard(program.url);
    const page = await dashboard.open();
    await live(page);
    await page.locator(".figure").filter({ hasText: /Connections\s*2,001/ }).waitFor();
    const drawn = () => page.locator("tbody tr:not(.spacer)").count();

    for (const [view, noun] of [["Rooms", "room"], ["Users", "user"]] as const) {
      await page.getByRole("navigation").getByRole("link", { name: view, exact: true }).click();
      await page.getByText(`200 of ${noun === "room" ? "2,000" : "2,001"} shown`).waitFor();
      assert.ok(await drawn() < 100, `${await drawn()} rows`);
      await page.getByRole("button", { name: "Show more" }).click();
      await page.getByText(/^400 of/).waitFor();
      for (const order of noun === "room" ? ["By name"] : ["Most connections", "By id"]) {
        await page.getByRole("button", { name: order }).click();
        await page.getByText(/^200 of/).waitFor();
      }
      for (let shown = 400; shown <= 1000; shown += 200) {
        await page.getByRole("button", { name: "Show more" }).click();
        await page.getByText(new RegExp(`^${shown === 1000 ? "1,000" : shown} of`)).waitFor();
      }
      await page.evaluate("scrollTo(0, 0)");
      await row(page, view, `${noun}-00003`).waitFor();
      const tall = await page.evaluate("document.documentElement.scrollHeight") as number;
      assert.ok(tall > 1000 * 40, "the page is as long as its list");
      await page.evaluate("scrollTo(0, document.documentElement.scrollHeight / 2)");
      await row(page, view, `${noun}-00500`).waitFor();
      assert.equal(await row(page, view, `${noun}-00003`).count(), 0);
      assert.ok(await drawn() < 100, `${await drawn()} rows`);

      await page.evaluate("scrollTo(0, 0)");
      await page.getByRole("searchbox", { name: `Filter ${noun}s` }).fill("-0199");
      await row(page, view, `${noun}-01990`).waitFor();
      assert.equal(await drawn(), 10);
    }
    await page.getByRole("button", { name: "Most connections" }).click();
    await page.goBack();
    await page.getByRole("navigation").getByRole("link", { name: "Rooms", exact: true }).click();
    await page.getByRole("button", { name: "Fullest" }).click();
    await page.getByRole("row").nth(1).filter({ hasText: "room-01234" }).filter({ hasText: "2" })
      .waitFor();
    assert.deepEqual(dashboard.errors, []);
  },
);
