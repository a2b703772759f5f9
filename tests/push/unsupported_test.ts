/** Where a browser can show nothing while no page is open, the library says why, and the page what to do about it. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { openContext, OPTIONS } from "../support/browser.ts";
import { bell, connected, notifications } from "../support/page.ts";
import { sharedProgram } from "../support/shared_program.ts";

const program = sharedProgram({});

const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 " +
  "(KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1";
const IPAD = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 " +
  "(KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1";
const DESKTOP = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 " +
  "(KHTML, like Gecko) Version/15.0 Safari/605.1.15";

/** As Safari is: there is Web Push where the page is on the home screen. */
const NOT_ON_HOME_SCREEN = "delete globalThis.PushManager; delete globalThis.Notification;";

async function stateIn(page: Page): Promise<unknown[]> {
  return await page.evaluate(`(async () => {
    const { connect } = await import("/notifyli.js");
    const client = connect({ url: "ws://127.0.0.1:9/ws", userId: "1" });
    try {
      await client.push.subscribe();
    } catch (error) {
      return [client.push.state, error.code, error.message];
    } finally {
      client.close();
    }
  })()`);
}

for (
  const [name, userAgent, why, says, shown] of [
    ["an iPhone", IPHONE, "not_installed", /home screen/, "Add to Home Screen"],
    ["an iPad", IPAD, "not_installed", /home screen/, "Add to Home Screen"],
    ["a Mac before 2022", DESKTOP, "browser", /PushManager/, "shows no notifications"],
  ] as const
) {
  Deno.test(`push on ${name} that has no PushManager: ${why}`, OPTIONS, async () => {
    await using context = await openContext({ userAgent });
    await context.addInitScript(NOT_ON_HOME_SCREEN);
    const page = await context.newPage();
    await page.goto(program().url);
    const [state, code, message] = await stateIn(page);
    assert.deepEqual([state, code], [{ kind: "unsupported", why }, "unsupported"]);
    assert.match(String(message), says);
    await page.getByLabel("User ID").fill("7");
    await page.getByLabel("Name").fill("Ada");
    await page.getByRole("button", { name: "Connect" }).click();
    await connected(page);
    await bell(page, 0).click();
    await notifications(page).getByRole("button", { name: "Preferences" }).click();
    await page.getByText(shown).waitFor();
  });
}

Deno.test("push on a page that did not come by https: insecure", OPTIONS, async () => {
  const library = await (await fetch(`${program().url}/notifyli.js`)).text();
  await using context = await openContext({ userAgent: IPHONE });
  await context.route("http://shop.example/**", (route) => {
    const isScript = route.request().url().endsWith(".js");
    return route.fulfill({
      contentType: isScript ? "text/javascript" : "text/html",
      body: isScript ? library : "<!DOCTYPE html><title>Shop</title>",
    });
  });
  const page = await context.newPage();
  await page.goto("http://shop.example/");
  const [state, code, message] = await stateIn(page);
  assert.deepEqual([state, code], [{ kind: "unsupported", why: "insecure" }, "unsupported"]);
  assert.match(String(message), /https/);
});
