/** Lists that come page by page, where a page comes late. */
import assert from "node:assert/strict";
import type { Route } from "playwright-core";
import { OPTIONS } from "../support/browser.ts";
import { Dashboard, live, row } from "../support/dashboard.ts";
import { Program } from "../support/program.ts";
import { waitFor } from "../support/wait.ts";

Deno.test(
  "dashboard: a page that comes late is in no other list, and once in its own",
  OPTIONS,
  async () => {
    await using program = await Program.start();
    await using dashboard = new Dashboard(program.url);
    const page = await dashboard.open();
    await live(page);
    const late: Route[] = [];
    await page.route(/\/live\/users\?/, async (route) => {
      const asked = new URL(route.request().url()).searchParams;
      if (asked.has("after")) return void late.push(route);
      const name = asked.get("q") ? "found" : "first";
      await route.fulfill({ json: { users: [user(name)], total: 2, next: "1" } });
    });
    const answer = async (name: string) => {
      await late.shift()?.fulfill({ json: { users: [user(name)], total: 2 } });
      await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))");
    };
    const more = page.getByRole("button", { name: "Show more" });
    await page.getByRole("navigation").getByRole("link", { name: "Users", exact: true }).click();
    await row(page, "Users", "first").waitFor();
    await more.click();
    await more.click();
    await waitFor("it is asked twice", () => late.length === 2);
    const filter = page.getByRole("searchbox", { name: "Filter users" });
    await filter.fill("found");
    await row(page, "Users", "found").waitFor();
    await answer("of-all");
    assert.equal(await row(page, "Users", "of-all").count(), 0);
    await filter.fill("");
    await row(page, "Users", "first").waitFor();
    await answer("of-all-before");
    assert.equal(await row(page, "Users", "of-all-before").count(), 0);
    await filter.fill("found");
    await row(page, "Users", "found").waitFor();

    await more.click();
    await more.click();
    await waitFor("it is asked twice", () => late.length === 2);
    await answer("second");
    await row(page, "Users", "second").waitFor();
    await answer("second");
    assert.equal(await row(page, "Users", "second").count(), 1);
    assert.deepEqual(dashboard.errors, []);
  },
);

function user(name: string): object {
  return { user_id: name, connections: 1, since: 1_700_000_000 };
}
