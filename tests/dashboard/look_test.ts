/** Every view at both ends of its widths, in both looks: readable, reachable, and no wider than its window. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { faultsFor } from "../support/axe.ts";
import { OPTIONS } from "../support/browser.ts";
import { asPage, Dashboard, live } from "../support/dashboard.ts";
import { looksRight, overflow, tooSmall } from "../support/look.ts";
import { sharedProgram } from "../support/shared_program.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const program = sharedProgram({ APP_NODE_NAME: "node-with-a-rather-long-name-in-frankfurt-1" });

const LONG = "launch-crew-berlin-lisbon-sao-paulo-and-all-who-wanted-to-come";
const VIEWS = [
  ...["", "nodes", "rooms", "topics", "users", "conversations", "notifications", "channels"],
  ...["kinds", "keys", "blocks", "settings", "audit", "log", "trace?user=1", `users/${LONG}`],
  `rooms/${LONG}`,
];

let isFilled = false;

Deno.test(
  "dashboard: every view is good at 360 and 1440 pixels, light and dark, and by axe",
  OPTIONS,
  async () => {
    await using _ = await fill();
    await using dashboard = new Dashboard(program().url);
    const page = await dashboard.open();
    await live(page);
    for (const view of VIEWS) {
      await shows(page, view);
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
  await using _ = await fill();
  await using dashboard = new Dashboard(program().url);
  const page = await dashboard.open();
  await live(page);
  await page.evaluate("document.documentElement.dir = 'rtl'");
  for (const view of ["", "rooms", `users/${LONG}`, "keys", "log"]) {
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
  await using _ = await fill();
  await using dashboard = new Dashboard(program().url);
  const page = await dashboard.open("keys");
  await live(page);
  for (
    const [view, button] of [
      ["keys", "New key"],
      ["channels", "New channel"],
      ["kinds", "New kind"],
      ["blocks", "Block a user"],
      [`users/${LONG}`, "Send a test"],
      [`users/${LONG}`, "Block…"],
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

async function shows(page: Page, view: string): Promise<void> {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(`${program().url}/admin/#/${view}`);
  await waitFor(
    `${view} is there`,
    async () => await page.locator(".not-yet, .skeleton-rows").count() === 0,
  );
}

/** Something of everything. */
async function fill(): Promise<AsyncDisposable> {
  const clients = new AsyncDisposableStack();
  for (const [user, room] of [[1, "lobby"], [LONG, LONG], [3, "دعم العملاء"]] as const) {
    clients.use(await TestClient.join(program().webSocketUrl, { user, room }));
  }
  if (isFilled) return clients;
  isFilled = true;
  const manage = (method: string, path: string, body: unknown) =>
    asPage(program(), method, path, body);
  await manage("POST", `/users/${LONG}/notifications`, { message: "Disk 91 % full" });
  await manage("POST", "/users/9/block", { seconds: 3600 });
  await manage("POST", "/revocations", { user_id: LONG });
  await manage("PUT", `/rooms?room=${LONG}`, { publish: "server", maxClients: 9 });
  await manage("PUT", "/kinds/order.shipped", {
    name: "Orders",
    description: `${LONG} `.repeat(3),
  });
  return clients;
}
