/** `<notifyli-inbox>` and the application around it: its client, its slots, its title, its routes, and what it leads to. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { becomesTrue } from "../../support/becomes_true.ts";
import { OPTIONS } from "../../support/browser.ts";
import { bellOf, ElementSite, itemOf, panelOf } from "../../support/element_site.ts";
import { freePort } from "../../support/free_port.ts";
import { sharedProgram } from "../../support/shared_program.ts";
import { waitFor } from "../../support/wait.ts";

const PORT = freePort();

const program = sharedProgram({ APP_ALLOWED_ORIGINS: `http://127.0.0.1:${PORT}` });

async function notify(user: string, fields: object): Promise<string> {
  const response = await fetch(`${program().url}/api/notifications`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ user_id: user, from: "Shop", message: "x", ...fields }),
  });
  const answer = await response.json();
  assert.ok(response.ok, JSON.stringify(answer));
  return answer.id;
}

/** Has the page's own clients, by their users, and gives the first element one. */
async function useClient(page: Page, user: string): Promise<void> {
  await page.evaluate(`(async () => {
    const { connect } = await import("${program().url}/notifyli.js");
    globalThis.client = connect({ url: "${program().webSocketUrl}", userId: "${user}" });
    document.querySelector("notifyli-inbox").client = client;
  })()`);
}

Deno.test(
  "element: an application's client is its to end, and the next one may be another user's",
  OPTIONS,
  async () => {
    await using site = new ElementSite(PORT);
    for (const user of ["101", "102"]) {
      for (const title of ["Older", "For"]) {
        await notify(user, { title: `${title} ${user}`, group: "g" });
      }
    }
    const page = await site.open(program(), "<notifyli-inbox toasts></notifyli-inbox>");
    await useClient(page, "101");
    await bellOf(page, 2).click();
    await itemOf(page, "For 101").getByRole("button", { name: "Show 1 more" }).click();
    await itemOf(page, "Older 101").waitFor();
    // It is taken out and put back later: the connection is the application's.
    await page.evaluate(
      "globalThis.inbox = document.querySelector('notifyli-inbox'); inbox.remove()",
    );
    await page.evaluate("new Promise((done) => setTimeout(done))");
    await notify("101", { title: "Meanwhile" });
    await becomesTrue(page, "client.notifications.unread === 3");
    await page.evaluate("document.body.append(inbox)");
    await itemOf(page, "Meanwhile").waitFor();
    await bellOf(page, 3).waitFor();
    // The user signs out: nobody else is shown what was theirs.
    await page.evaluate("client.close()");
    await bellOf(page, 0).waitFor();
    await itemOf(page, "For 101").waitFor({ state: "detached" });
    await useClient(page, "102");
    await itemOf(page, "For 102").getByRole("button", { name: "Show 1 more" }).waitFor();
    assert.equal(await panelOf(page).getByText("101").count(), 0);
    assert.deepEqual(site.errors, []);
  },
);

Deno.test("element: what is shown is read by that, where the page says so", OPTIONS, async () => {
  await using site = new ElementSite(PORT);
  for (const title of ["one", "two"]) await notify("111", { title, kind: "news" });
  await notify("111", { title: "other", kind: "deploy" });
  const page = await site.open(program(), `<notifyli-inbox user-id="111"></notifyli-inbox>`);
  await bellOf(page, 3).click();
  await panelOf(page).getByRole("tab", { name: "News 2" }).click();
  await itemOf(page, "two").waitFor();
  await bellOf(page, 3).waitFor();
  await page.evaluate("document.querySelector('notifyli-inbox').toggleAttribute('read-shown')");
  await bellOf(page, 1).waitFor();
  assert.equal(await panelOf(page).locator(".un").count(), 2, "they are news until it closes");
  await panelOf(page).getByRole("tab", { name: "News 2" }).waitFor();
  await notify("111", { title: "three", kind: "news" });
  await itemOf(page, "three").locator(".un").waitFor();
  await page.keyboard.press("Escape");
  await bellOf(page, 1).click();
  await bellOf(page, 0).waitFor();
  assert.equal(await panelOf(page).locator(".un").count(), 1);
  assert.deepEqual(site.errors, []);
});

Deno.test(
  "element: shows what a page puts into its slots, each at its place",
  OPTIONS,
  async () => {
    await using site = new ElementSite(PORT);
    const page = await site.open(
      program(),
      `<notifyli-inbox user-id="121"><b slot="bell">News</b><p slot="top">Above</p>
      <p slot="empty">Nothing yet</p><p slot="preferences">Below</p></notifyli-inbox>`,
    );
    const seen = (text: string) => page.getByText(text, { exact: true }).isVisible();
    await bellOf(page, 0).filter({ hasText: "" }).click();
    await panelOf(page).getByText("You are all caught up").waitFor();
    assert.deepEqual(await Promise.all(["News", "Above", "Nothing yet", "Below"].map(seen)), [
      true,
      false,
      true,
      false,
    ]);
    await notify("121", { title: "First" });
    await itemOf(page, "First").waitFor();
    assert.deepEqual(await Promise.all(["Above", "Nothing yet"].map(seen)), [true, false]);
    await panelOf(page).getByRole("button", { name: "Preferences" }).click();
    await page.getByText("Below", { exact: true }).waitFor();
    assert.deepEqual(site.errors, []);
  },
);

Deno.test("element: leaves a title alone that it has nothing to say in", OPTIONS, async () => {
  await using site = new ElementSite(PORT);
  await notify("131", { title: "First" });
  const page = await site.open(program(), `<notifyli-inbox user-id="131"></notifyli-inbox>`);
  await page.evaluate("document.title = '(7) Chats'");
  await bellOf(page, 1).click();
  await itemOf(page, "First").waitFor();
  await page.evaluate("document.querySelector('notifyli-inbox').remove()");
  assert.equal(await page.title(), "(7) Chats");
});

Deno.test(
  "element: leads to one notification, to the group that it is in, and to its answer",
  OPTIONS,
  async () => {
    await using site = new ElementSite(PORT);
    const page = await site.open(program(), `<notifyli-inbox user-id="141"></notifyli-inbox>`);
    const first = await notify("141", { title: "Deploy 1", group: "deploys" });
    await notify("141", { title: "Deploy 2", group: "deploys" });
    const actions = [{ id: "answer", type: "reply", label: "Answer" }];
    const asks = await notify("141", { title: "Are you there?", actions });
    await bellOf(page, 3).waitFor();
    const show = (id: string, reply = "") =>
      page.evaluate(`void document.querySelector("notifyli-inbox").show("${id}", "${reply}")`);
    await show(first);
    await page.locator(".it:focus").filter({ hasText: "Deploy 2" }).waitFor();
    await panelOf(page).getByRole("tab", { name: "Archive" }).click();
    await show(asks, "answer");
    await page.locator("input[data-act=answer]:focus").waitFor();
    // One that is still to come.
    await show("coming-0001");
    await notify("141", { id: "coming-0001", title: "Now it is there" });
    await page.locator(".it:focus").filter({ hasText: "Now it is there" }).waitFor();
    assert.deepEqual(site.errors, []);
  },
);

Deno.test("element: a router that returns true leaves the panel open", OPTIONS, async () => {
  await using site = new ElementSite(PORT);
  await notify("151", { title: "Order", url: "/orders/1" });
  const page = await site.open(program(), `<notifyli-inbox user-id="151"></notifyli-inbox>`);
  await page.evaluate(`globalThis.told = [];
    document.querySelector("notifyli-inbox").router = (url) => { told.push(url); return told.length < 2; };`);
  await bellOf(page, 1).click();
  await itemOf(page, "Order").getByRole("link").click();
  await bellOf(page, 0).waitFor();
  await itemOf(page, "Order").getByRole("link").click();
  await panelOf(page).waitFor({ state: "detached" });
  assert.deepEqual(await page.evaluate("told"), ["/orders/1", "/orders/1"]);
});

Deno.test(
  "element: stands beside its bell where the page says so, in both directions",
  OPTIONS,
  async () => {
    await using site = new ElementSite(PORT);
    const page = await site.open(program(), `<notifyli-inbox user-id="161"></notifyli-inbox>`);
    await page.evaluate(`{
      const sheet = new CSSStyleSheet();
      sheet.replaceSync("notifyli-inbox { position: fixed; inset: 40px auto auto 0; --notifyli-placement: beside; } [dir=rtl] notifyli-inbox { inset: 40px 0 auto auto; }");
      document.adoptedStyleSheets = [sheet];
    }`);
    await bellOf(page, 0).click();
    const boxes = async () => {
      const [bell, panel] = await Promise.all([
        bellOf(page, 0).boundingBox(),
        panelOf(page).boundingBox(),
      ]);
      return { bell: bell ?? assert.fail(), panel: panel ?? assert.fail() };
    };
    let { bell, panel } = await boxes();
    assert.ok(panel.x >= bell.x + bell.width && Math.abs(panel.y - bell.y) < 2);
    await page.evaluate("document.documentElement.dir = 'rtl'; dispatchEvent(new Event('resize'))");
    await waitFor("it is at the other side", async () => {
      ({ bell, panel } = await boxes());
      return panel.x + panel.width <= bell.x;
    });
    assert.deepEqual(site.errors, []);
  },
);

Deno.test(
  "element: buttons of a notification are pressed, not the notification, by a finger too",
  OPTIONS,
  async () => {
    await using site = new ElementSite(PORT);
    for (const title of ["one", "two"]) await notify("171", { title, url: "/orders/1" });
    const page = await site.open(program(), `<notifyli-inbox user-id="171"></notifyli-inbox>`, {
      ...{ width: 360, hasTouch: true, isMobile: true },
    });
    await bellOf(page, 2).tap();
    await itemOf(page, "one").getByRole("button", { name: "Archive “one”" }).tap();
    await itemOf(page, "one").waitFor({ state: "detached" });
    await itemOf(page, "two").getByRole("button", { name: "Snooze “two”" }).tap();
    await page.getByRole("menuitem", { name: /^Tomorrow morning/ }).tap();
    await itemOf(page, "two").waitFor({ state: "detached" });
    assert.equal(new URL(page.url()).pathname, "/");
    assert.deepEqual(site.errors, []);
  },
);

Deno.test(
  "element: what is deleted is deleted when the panel closes that showed how to undo it",
  OPTIONS,
  async () => {
    await using site = new ElementSite(PORT);
    await notify("181", { title: "one" });
    const page = await site.open(program(), `<notifyli-inbox user-id="181"></notifyli-inbox>`);
    const other = await site.open(program(), `<notifyli-inbox user-id="181"></notifyli-inbox>`);
    await bellOf(other, 1).click();
    await panelOf(other).getByRole("tab", { name: "Archive" }).click();
    await page.bringToFront();
    await bellOf(page, 1).click();
    await itemOf(page, "one").hover();
    await itemOf(page, "one").getByRole("button", { name: "Delete “one”" }).click();
    await panelOf(page).getByRole("button", { name: "Undo: Deleted “one”" }).waitFor();
    await itemOf(other, "one").waitFor();
    await page.keyboard.press("Escape");
    await panelOf(other).getByText("Nothing is archived.").waitFor();
    assert.deepEqual(site.errors, []);
  },
);

Deno.test("element: what could not be loaded late is loaded later", OPTIONS, async () => {
  await using site = new ElementSite(PORT);
  const page = await site.open(program(), "");
  await page.route("**/notifyli-inbox-more.js*", (route) => route.abort());
  await page.evaluate(`{
    const inbox = document.createElement("notifyli-inbox");
    inbox.userId = 191;
    inbox.toggleAttribute("toasts");
    document.body.append(inbox);
  }`);
  await bellOf(page, 0).click();
  await panelOf(page).getByRole("alert").getByText("Not done:").waitFor();
  await panelOf(page).getByText("You are all caught up").waitFor();
  await page.keyboard.press("Escape");
  await notify("191", { title: "Without a toast" });
  await bellOf(page, 1).waitFor();
  await page.unroute("**/notifyli-inbox-more.js*");
  await notify("191", { title: "With one" });
  await page.getByRole("status", { name: "New notifications" }).getByText("With one").waitFor();
});

Deno.test(
  "element: nothing that was open of one user's is shown to the next one",
  OPTIONS,
  async () => {
    await using site = new ElementSite(PORT);
    for (const user of ["201", "202"]) {
      // The first of a group are below what is read at once.
      for (let i = 0; i < 2; i++) await notify(user, { title: `First ${user}`, group: "orders" });
      for (let i = 0; i < 60; i++) await notify(user, { title: "Between" });
      await notify(user, { title: `Last ${user}`, group: "orders" });
    }
    const page = await site.open(program(), `<notifyli-inbox></notifyli-inbox>`);
    await useClient(page, "201");
    await bellOf(page, 63).click();
    await itemOf(page, "Last 201").getByRole("button", { name: "Show 2 more" }).click();
    await panelOf(page).locator(".fold").getByText("First 201").first().waitFor();
    await page.evaluate("client.close()");
    await useClient(page, "202");
    await itemOf(page, "Last 202").waitFor();
    await itemOf(page, "Last 202").getByRole("button", { name: "Show 2 more" }).click();
    await panelOf(page).locator(".fold").getByText("First 202").first().waitFor();
    assert.equal(await panelOf(page).getByText("201").count(), 0);
    assert.deepEqual(site.errors, []);
  },
);

Deno.test(
  "element: links of a group's lines and of actions lead by the router, and in place without one",
  OPTIONS,
  async () => {
    await using site = new ElementSite(PORT);
    const actions = [{ id: "track", type: "view", label: "Track", url: "/track/9" }];
    await notify("211", { title: "Order 1", group: "orders", url: "/orders/1" });
    await notify("211", { title: "Order 2", group: "orders", url: "/orders/2" });
    await notify("211", { title: "Parcel", actions });
    const page = await site.open(program(), `<notifyli-inbox user-id="211"></notifyli-inbox>`);
    await page.evaluate(`globalThis.told = [];
      const inbox = document.querySelector("notifyli-inbox");
      inbox.addEventListener("notifyli-open", ({ detail }) => told.push(detail.notification.details.title));
      inbox.router = (url) => void told.push(url);`);
    await bellOf(page, 3).click();
    await itemOf(page, "Order 2").getByRole("button", { name: "Show 1 more" }).click();
    await itemOf(page, "Order 2").getByRole("link", { name: "Order 1" }).click();
    await panelOf(page).waitFor({ state: "detached" });
    await bellOf(page, 2).click();
    await itemOf(page, "Parcel").getByRole("link", { name: "Track" }).click();
    await panelOf(page).waitFor({ state: "detached" });
    assert.deepEqual(await page.evaluate("told"), ["Order 1", "/orders/1", "/track/9"]);
    await bellOf(page, 1).click();
    await page.evaluate("document.querySelector('notifyli-inbox').router = null");
    await itemOf(page, "Parcel").getByRole("link", { name: "Track" }).click();
    await page.waitForURL("**/track/9");
    assert.deepEqual(site.errors, []);
  },
);

Deno.test("element: what is deleted is deleted when its page is left", OPTIONS, async () => {
  await using site = new ElementSite(PORT);
  await notify("221", { title: "one" });
  const page = await site.open(program(), `<notifyli-inbox user-id="221" toasts></notifyli-inbox>`);
  await bellOf(page, 1).click();
  await itemOf(page, "one").hover();
  await itemOf(page, "one").getByRole("button", { name: "Delete “one”" }).click();
  await panelOf(page).getByRole("button", { name: "Undo: Deleted “one”" }).waitFor();
  await page.reload();
  await bellOf(page, 0).click();
  await panelOf(page).getByRole("tab", { name: "Archive" }).click();
  await panelOf(page).getByText("Nothing is archived.").waitFor();
  assert.equal(await itemOf(page, "one").count(), 0);
});
