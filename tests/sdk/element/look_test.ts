/** `<notifyli-inbox>` for everybody: screen readers, keyboards, other languages, themes; toasts, sound; how large it is. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { faultsFor } from "../../support/axe.ts";
import { OPTIONS } from "../../support/browser.ts";
import { bellOf, ElementSite, itemOf, panelOf } from "../../support/element_site.ts";
import { freePort } from "../../support/free_port.ts";
import { sharedProgram } from "../../support/shared_program.ts";
import { waitFor } from "../../support/wait.ts";
import { zippedLength } from "../../support/zipped.ts";

const PORT = freePort();

const program = sharedProgram({
  APP_ALLOWED_ORIGINS: `http://127.0.0.1:${PORT}`,
  APP_OUTGOING_PRIVATE_IPS: "127.0.0.1",
});

async function notify(user: string, fields: object): Promise<void> {
  const response = await fetch(`${program().url}/api/notifications`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ user_id: user, from: "Shop", ...fields }),
  });
  assert.ok(response.ok, await response.text());
}

async function hasQuietHours(user: string): Promise<boolean> {
  const response = await fetch(`${program().url}/api/users/${user}/preferences`);
  const { quiet_hours: hours } = await response.json();
  return hours?.on === true;
}

Deno.test("element: with the client library it has less than 30 kB over the wire", async () => {
  const length = await zippedLength("notifyli-inbox.js");
  assert.ok(length < 30_000, `it has ${length} bytes`);
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1440, 360]) {
    Deno.test(
      `element: axe finds nothing, ${colorScheme} and ${width} pixels wide`,
      OPTIONS,
      async () => {
        await using site = new ElementSite(PORT);
        const user = `axe-${colorScheme}-${width}`;
        const actions = [
          { id: "a", type: "http", label: "Acknowledge", url: "http://127.0.0.1:9/" },
          { id: "b", type: "reply", label: "Reply" },
          { id: "c", type: "view", label: "Open", url: "https://a.example/" },
        ];
        await notify(user, {
          title: "Disk",
          message: "**full** `x`",
          markdown: true,
          priority: 5,
          progress: 9,
          actions,
        });
        for (const title of ["a", "b"]) {
          await notify(user, { title, message: "x", group: "g", kind: "deploy", tags: ["t"] });
        }
        await notify(user, { title: "Read me", message: "x", url: "/orders/5" });
        const page = await site.open(
          program(),
          `<notifyli-inbox user-id="${user}" theme="system" toasts></notifyli-inbox>`,
          { colorScheme, width },
        );
        const finds = async (where: string) => assert.deepEqual(await faultsFor(page), [], where);
        await bellOf(page, 4).waitFor();
        await finds("closed");
        await bellOf(page, 4).click();
        await itemOf(page, "Disk").getByRole("button", { name: "Acknowledge" }).click();
        await itemOf(page, "Disk").getByRole("alert").waitFor();
        await itemOf(page, "b").getByRole("button", { name: "Show 1 more" }).click();
        await finds("list");
        await itemOf(page, "Read me").hover();
        await itemOf(page, "Read me").getByRole("button", { name: /^Snooze/ }).click();
        await finds("menu");
        await page.keyboard.press("Escape");
        await panelOf(page).getByRole("tab", { name: "Archive" }).click();
        await finds("archive");
        await panelOf(page).getByRole("button", { name: "Preferences" }).click();
        const preferences = page.getByRole("dialog", { name: "Preferences" });
        await preferences.getByRole("switch", { name: "Quiet hours" }).click();
        await preferences.getByRole("button", { name: /^Monday: / }).click();
        await finds("preferences");
        // At night, they would hold back what is to be shown next.
        await preferences.getByRole("switch", { name: "Quiet hours" }).click();
        await waitFor("its quiet hours are off", async () => !await hasQuietHours(user));
        await page.keyboard.press("Escape");
        await page.keyboard.press("Escape");
        await notify(user, { title: "Now", message: "x", priority: 5 });
        await notify(user, { title: "Low", message: "x", priority: 1 });
        await notify(user, { title: "Usual", message: "x" });
        await page.getByText("Usual").first().waitFor();
        await finds("toasts");
        assert.deepEqual(site.errors, []);
      },
    );
  }
}

Deno.test(
  "element: preferences and quiet hours are kept, and a refusal is said",
  OPTIONS,
  async () => {
    await using site = new ElementSite(PORT);
    const body = `<notifyli-inbox user-id="50"></notifyli-inbox>`;
    const page = await site.open(program(), body);
    const open = async (page: Page) => {
      await bellOf(page, 0).click();
      await panelOf(page).getByRole("button", { name: "Preferences" }).click();
      return page.getByRole("dialog", { name: "Preferences" });
    };
    const preferences = await open(page);
    await preferences.getByRole("switch", { name: "All kinds, Push" }).click();
    await preferences.getByLabel("Mute all").selectOption({ label: "For 8 hours" });
    await preferences.getByText(/^Nothing asks for attention until /).waitFor();
    await preferences.getByRole("switch", { name: "Quiet hours" }).click();
    await preferences.getByLabel("Time zone").selectOption("Europe/Belgrade");
    await preferences.getByRole("button", { name: "Monday: 22:00 – 07:00" }).click();
    await preferences.getByLabel("Monday, range 1, from").fill("21:30");
    await preferences.getByLabel("Monday, range 1, from").blur();
    await preferences.getByRole("button", { name: "Monday: 21:30 – 07:00" }).waitFor();
    await preferences.getByRole("button", { name: "Add a range" }).click();
    await preferences.getByRole("button", { name: "Remove range 2 of Monday" }).click();
    await preferences.getByRole("button", { name: "Same on all days" }).click();

    const other = await open(await site.open(program(), body));
    await other.getByRole("button", { name: "Sunday: 21:30 – 07:00" }).waitFor();
    assert.equal(await other.getByRole("switch", { name: "All kinds, Push" }).isChecked(), false);
    assert.equal(await other.getByLabel("Time zone").inputValue(), "Europe/Belgrade");
    await other.getByText(/^Nothing asks for attention until /).waitFor();
    assert.deepEqual(site.errors, []);
  },
);

Deno.test(
  "element: toasts by priority, for their time, with a sound for those who want it",
  OPTIONS,
  async () => {
    await using site = new ElementSite(PORT);
    const page = await site.open(program(), "");
    // The time of toasts passes when the test says so.
    await page.evaluate(`{
      globalThis.ticks = new Set();
      const [set, clear] = [setInterval, clearInterval];
      globalThis.setInterval = (run, ms) => ms === 200 ? (ticks.add(run), run) : set(run, ms);
      globalThis.clearInterval = (id) => ticks.delete(id) || clear(id);
    }`);
    const pass = () => page.evaluate("for (let n = 0; n < 31; n++) ticks.forEach((run) => run())");
    await page.evaluate(`{
    globalThis.played = [];
    globalThis.Audio = class { constructor(url) { this.url = url; } async play() { played.push(this.url); } };
    const inbox = document.createElement("notifyli-inbox");
    inbox.userId = 60;
    inbox.toggleAttribute("toasts");
    inbox.setAttribute("sound", "/ding.mp3");
    document.body.append(inbox);
  }`);
    await bellOf(page, 0).waitFor();
    await waitFor(
      "it is connected",
      async () => (await (await fetch(`${program().url}/api/stats`)).json()).users > 0,
    );
    const urgent = page.getByRole("alert", { name: "Urgent notifications" });
    const others = page.getByRole("status", { name: "New notifications" });
    await notify("60", { title: "Disk full", message: "db-2", priority: 5 });
    await urgent.getByText("Disk full").waitFor();
    for (const message of ["one", "two", "three", "four"]) await notify("60", { message });
    await others.getByText("four").waitFor();
    await others.getByRole("button", { name: "+2 more" }).waitFor();
    assert.equal(await page.locator(".to").count(), 3);
    await others.locator(".to").filter({ hasText: "four" }).hover(); // whoever points at one keeps it
    await pass();
    await others.getByText("three").waitFor({ state: "detached" });
    await others.getByRole("button", { name: /more$/ }).waitFor({ state: "detached" });
    assert.equal(await others.getByText("four").count(), 1);
    await page.mouse.move(0, 0);
    await waitFor("the last one to go", async () => {
      await pass();
      return await others.getByText("four").count() === 0;
    });
    await urgent.getByRole("button", { name: "Dismiss “Disk full”" }).click();
    await urgent.getByText("Disk full").waitFor({ state: "detached" });
    assert.deepEqual(await page.evaluate("played"), Array(5).fill("/ding.mp3"));
  },
);

Deno.test("element: other words, plurals, dates, and from right to left", OPTIONS, async () => {
  await using site = new ElementSite(PORT);
  const page = await site.open(program(), "");
  await page.evaluate(`{
    const inbox = document.createElement("notifyli-inbox");
    inbox.id = "inbox";
    inbox.userId = 70;
    inbox.lang = "ar";
    inbox.dir = "rtl";
    inbox.strings = {
      title: "الإشعارات",
      title_unread_one: "إشعار واحد",
      title_unread_two: "إشعاران",
      title_unread_few: "{count} إشعارات",
      tomorrow_morning: "صباح الغد",
    };
    document.body.append(inbox);
  }`);
  for (const count of [1, 2, 3]) {
    await notify("70", { title: "طرد", message: "وصل" });
    const name = ["إشعار واحد", "إشعاران", "٣ إشعارات"][count - 1] ?? "";
    const latin = name.replace("٣", "3");
    await page.getByRole("button", { name: new RegExp(`^(${name}|${latin})$`) }).waitFor();
  }
  await page.locator("notifyli-inbox .bell").click();
  const panel = page.getByRole("dialog", { name: "الإشعارات" });
  const dot = await panel.locator(".un").first().boundingBox() ?? assert.fail();
  const box = await panel.boundingBox() ?? assert.fail();
  assert.ok(dot.x > box.x + box.width / 2, "the dot is at the right");
  assert.ok(box.x >= 0 && box.x + box.width <= 1440, "the panel is within the window");
  await page.evaluate("document.getElementById('inbox').lang = 'de'");
  await panel.locator("time").first().filter({ hasText: "jetzt" }).waitFor();
  assert.deepEqual(site.errors, []);
});

Deno.test(
  "element: a page chooses colours, by properties and parts, and the scheme",
  OPTIONS,
  async () => {
    await using site = new ElementSite(PORT);
    const page = await site.open(program(), `<notifyli-inbox user-id="80" open></notifyli-inbox>`);
    await page.evaluate(`{
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("notifyli-inbox { --notifyli-raised: rgb(1 2 3); } notifyli-inbox::part(title) { color: rgb(4 5 6); }");
    document.adoptedStyleSheets = [sheet];
  }`);
    const color = (selector: string, property: string) =>
      page.locator(`notifyli-inbox ${selector}`).evaluate(
        // deno-lint-ignore no-explicit-any -- it runs in the page
        (element: any, name: string) => (globalThis as any).getComputedStyle(element)[name],
        property,
      );
    assert.equal(await color(".pop", "backgroundColor"), "rgb(1, 2, 3)");
    assert.equal(await color("h2", "color"), "rgb(4, 5, 6)");
    assert.equal(await color(".pop", "color"), "rgb(20, 23, 29)", "the page is light");
    await page.evaluate("document.querySelector('notifyli-inbox').theme = 'dark'");
    await waitFor("it is dark", async () => await color(".pop", "color") === "rgb(233, 235, 239)");
    await page.evaluate("document.querySelector('notifyli-inbox').theme = ''");
    await page.evaluate("document.documentElement.style.colorScheme = 'dark'");
    await waitFor(
      "it is as the page",
      async () => await color(".pop", "color") === "rgb(233, 235, 239)",
    );
  },
);
