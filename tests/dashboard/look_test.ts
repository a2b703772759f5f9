/** Every view at both ends of its widths, in both looks: readable, reachable, and no wider than its window. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { faultsFor } from "../support/axe.ts";
import { OPTIONS } from "../support/browser.ts";
import { Dashboard } from "../support/dashboard.ts";
import { looksRight, overflow, tooSmall } from "../support/look.ts";
import { LONG, Operated } from "../support/operated.ts";
import { waitFor } from "../support/wait.ts";

let started: Promise<Operated> | undefined;
Deno.test.afterAll(async () => {
  await (await started)?.[Symbol.asyncDispose]();
});

Deno.test(
  "dashboard: every view is good at 360 and 1440 pixels, light and dark, and by axe",
  OPTIONS,
  async () => {
    const world = await operated();
    await using dashboard = new Dashboard(world.program.url);
    const page = await dashboard.signedIn(world.manager.key);
    for (const view of world.views) {
      await shows(page, view);
      if (view.startsWith("trace")) await stir(page, world);
      for (const nothing of [".empty-state", ".failure"]) {
        assert.equal(await page.locator(nothing).count(), 0, `${view} has ${nothing}`);
      }
      await looksRight(page, view, { parts: ".icon" });
      await page.setViewportSize({ width: 360, height: 800 });
      assert.deepEqual(await tooSmall(page.locator("body"), 24), [], view);
      for (const width of [360, 1440]) {
        await page.setViewportSize({ width, height: 900 });
        assert.deepEqual(await faultsFor(page), [], `${view} at ${width}`);
      }
    }
    assert.deepEqual(dashboard.errors.filter((error) => !error.includes("404")), []);
  },
);

Deno.test("dashboard: it turns for right-to-left, and nothing sticks out", OPTIONS, async () => {
  const world = await operated();
  await using dashboard = new Dashboard(world.program.url);
  const page = await dashboard.signedIn(world.manager.key);
  await page.evaluate("document.documentElement.dir = 'rtl'");
  for (const view of world.views) {
    await shows(page, view);
    for (const width of [360, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      assert.equal(await overflow(page), 0, `${view} at ${width}`);
    }
    const menu = await page.locator(".side-menu").boundingBox();
    assert.ok(menu !== null && menu.x > 1000, "the menu is on the right");
  }
});

Deno.test("dashboard: dialogs are good, too, and all of it goes by keyboard", OPTIONS, async () => {
  const world = await operated();
  await using dashboard = new Dashboard(world.program.url);
  const page = await dashboard.signedIn(world.manager.key);
  for (
    const [view, button] of [
      ["keys", "New key"],
      ["channels", "New channel"],
      ["kinds", "New kind"],
      ["blocks", "Block a user"],
      ["blocks", "Revoke"],
      [`users/${LONG}`, "Send a test"],
      [`users/${LONG}`, "Block…"],
      [`nodes/${world.node}`, "Drain…"],
    ] as const
  ) {
    await shows(page, view);
    const opener = page.getByRole("button", { name: button });
    await opener.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    for (const width of [360, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      assert.equal(await overflow(page), 0, `${button} at ${width}`);
      assert.deepEqual(await faultsFor(page), [], `${button} at ${width}`);
    }
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.ok(await opener.evaluate("(button) => button === document.activeElement") !== false);
  }
  // The first stop leads past the menu; a phone has the menu behind a button, and Escape closes it.
  await shows(page, "rooms");
  await page.keyboard.press("Tab");
  await page.setViewportSize({ width: 360, height: 800 });
  await page.getByRole("button", { name: "Menu", exact: true }).click();
  await page.getByRole("link", { name: "Audit log" }).waitFor();
  assert.equal(await overflow(page), 0);
  assert.deepEqual(await faultsFor(page), [], "the menu on a phone");
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Audit log" }).waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "Menu", exact: true }).click();
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("heading", { name: "Settings", exact: true }).waitFor();
  assert.deepEqual(dashboard.errors.filter((error) => !error.includes("404")), []);
});

/** The server that all tests of this file share. */
function operated(): Promise<Operated> {
  return started ??= Operated.start();
}

/** Has something to be traced come and go. */
async function stir(page: Page, { clients: [, client] }: Operated): Promise<void> {
  await waitFor("frames are shown", async () => {
    await client!.command("no such command").catch(() => {});
    return await page.locator("tbody tr").count() > 0;
  });
}

async function shows(page: Page, view: string): Promise<void> {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(`${(await operated()).program.url}/admin/#/${view}`);
  await waitFor(
    `${view} is there`,
    async () => await page.locator(".not-yet, .skeleton-rows").count() === 0,
  );
}
