/** `<notifyli-inbox>` on a page of another origin under a strict policy: what its list shows, and what is done with it. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { OPTIONS } from "../../support/browser.ts";
import { bellOf, ElementSite, itemOf, panelOf } from "../../support/element_site.ts";
import { freePort } from "../../support/free_port.ts";
import { sharedProgram } from "../../support/shared_program.ts";
import { waitFor } from "../../support/wait.ts";

const PORT = freePort();

const program = sharedProgram({
  APP_ALLOWED_ORIGINS: `http://127.0.0.1:${PORT}`,
  APP_OUTGOING_PRIVATE_IPS: "127.0.0.1",
});

/** A picture of one pixel. */
const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** Sends a notification. Returns its id. */
async function notify(user: string, fields: object): Promise<string> {
  const response = await fetch(`${program().url}/api/notifications`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ user_id: user, ...fields }),
  });
  const answer = await response.json();
  assert.ok(response.ok, JSON.stringify(answer));
  return answer.id;
}

function elementFor(user: string, more = ""): string {
  return `<notifyli-inbox user-id="${user}" ${more}></notifyli-inbox>`;
}

/** Notes what the element tells the page, which prevents it once `prevents` is set there. */
async function notesEvents(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(`
    globalThis.told = [];
    for (const type of ["notifyli-open", "notifyli-action"]) {
      document.addEventListener(type, (event) => {
        const { notification, url, action, text } = event.detail;
        told.push([type, notification.details?.title, url, action?.id, text].join(" "));
        if (globalThis.prevents) event.preventDefault();
      });
    }`);
  return () => page.evaluate("told");
}

Deno.test("element: shows all that a sender said, and text is text", OPTIONS, async () => {
  await using site = new ElementSite(PORT);
  const disk = {
    title: "Disk <b>91 %</b> full",
    message:
      "**Full** in *3 hours*:\n- `/var` [graph](https://a.example/g) [bad](javascript:alert(1))",
    markdown: true,
    from: "Monitor",
    kind: "alert.disk",
    priority: 5,
    tags: ["db", "<i>prod</i>"],
    progress: 91,
  };
  await notify("1", { message: "Hello <img src=x onerror=alert(1)>", from: "Shop" });
  await notify("1", disk);
  const page = await site.open(program(), elementFor("1"));
  await bellOf(page, 2).click();
  const shown = itemOf(page, disk.title);
  await shown.getByText("Monitor").waitFor();
  await shown.getByText("Urgent:").waitFor({ state: "attached" });
  await shown.getByText("<i>prod</i>", { exact: true }).waitFor();
  assert.equal(await itemOf(page, "Hello").locator(".tag").count(), 0, "no room, no raw address");
  assert.equal(await shown.locator("strong").textContent(), "Full");
  assert.equal(await shown.locator("li code").textContent(), "/var");
  assert.deepEqual(
    await shown.locator(".md a").evaluateAll((found) =>
      found.map((each) => ["href", "target", "rel"].map((name) => each.getAttribute(name)))
    ),
    [["https://a.example/g", "_blank", "noopener noreferrer nofollow"]],
  );
  assert.equal(await shown.getByRole("progressbar").getAttribute("value"), "91");
  await itemOf(page, "Hello <img src=x onerror=alert(1)>").waitFor();
  assert.equal(await panelOf(page).locator("img").count(), 0);
  // Marks that are piled on a letter cover nothing of what others say.
  const overflow = shown.locator(".open, .body > p").evaluateAll((all) =>
    // deno-lint-ignore no-explicit-any -- it runs in the page
    all.map((each) => (globalThis as any).getComputedStyle(each).overflowY)
  );
  assert.deepEqual([...new Set(await overflow)], ["clip"]);
  // What comes while it is open is at the top at once.
  await notify("1", { message: "And one more" });
  await panelOf(page).locator(".it").first().filter({ hasText: "And one more" }).waitFor();
  await bellOf(page, 3).waitFor();
  assert.deepEqual(site.errors, []);
});

Deno.test(
  "element: tabs by kind, groups as one, and nothing where there is nothing",
  OPTIONS,
  async () => {
    await using site = new ElementSite(PORT);
    const page = await site.open(program(), elementFor("2"));
    await bellOf(page, 0).click();
    await panelOf(page).getByText("You are all caught up").waitFor();
    for (const title of ["worker", "web", "api"]) {
      await notify("2", { title, message: "done", kind: "deploy.production", group: "deploys" });
    }
    await notify("2", { title: "Paid", message: "49.90 EUR", kind: "billing" });
    await panelOf(page).getByRole("tab", { name: "Deploy 3" }).click();
    await waitFor("one entry", async () => await panelOf(page).locator(".it").count() === 1);
    await itemOf(page, "api").getByRole("button", { name: "Show 2 more" }).click();
    assert.deepEqual(await itemOf(page, "api").locator(".fold li span").allTextContents(), [
      "web",
      "worker",
    ]);
    const tab = panelOf(page).getByRole("tab", { name: "Deploy" });
    await tab.press("ArrowLeft");
    assert.equal(
      await panelOf(page).getByRole("tab", { name: "Billing" }).getAttribute("aria-selected"),
      "true",
    );
    await itemOf(page, "Paid").waitFor();
    assert.equal(await itemOf(page, "api").count(), 0);
    // With the last one of its kind the tab goes, and all are shown, each with its kind.
    const kind = panelOf(page).locator(".tag");
    assert.equal(await kind.count(), 0, "the tab says it");
    await itemOf(page, "Paid").hover();
    await itemOf(page, "Paid").getByRole("button", { name: /^Archive/ }).click();
    await itemOf(page, "api").locator(".tag").filter({ hasText: "Deploy production" }).waitFor();
    assert.deepEqual(site.errors, []);
  },
);

Deno.test(
  "element: reads, puts off, archives and deletes, by buttons and by keys",
  OPTIONS,
  async () => {
    await using site = new ElementSite(PORT);
    for (const title of ["one", "two", "three", "four"]) await notify("3", { title, message: "x" });
    const page = await site.open(program(), elementFor("3"));
    const other = await site.open(program(), elementFor("3"), { beside: page });
    await page.bringToFront();
    await bellOf(page, 4).click();
    await itemOf(page, "four").hover();
    await itemOf(page, "four").getByRole("button", { name: "Mark “four” as read" }).click();
    await bellOf(page, 3).waitFor();
    await bellOf(other, 3).waitFor();
    await panelOf(page).press("j"); // the panel has no item yet: the first one
    await page.keyboard.press("j");
    await page.keyboard.press("e"); // archives "three"
    await itemOf(page, "three").waitFor({ state: "detached" });
    const focused = (): Promise<string> =>
      page.evaluate(
        "document.querySelector('notifyli-inbox').shadowRoot.activeElement?.textContent",
      );
    assert.match(await focused(), /two/, "the focus goes to what took its place");
    await page.keyboard.press("h");
    await page.getByRole("menuitem", { name: /^In 1 hour/ }).waitFor();
    await page.getByRole("menuitem", { name: /^In 1 hour/ }).and(page.locator(":focus")).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.locator(".menu button:nth-of-type(2):focus").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("menu").waitFor({ state: "detached" });
    await itemOf(page, "two").getByRole("button", { name: "Snooze “two”" }).click();
    await page.getByRole("menuitem", { name: /^Tomorrow morning/ }).click();
    await itemOf(page, "two").waitFor({ state: "detached" });
    const undo = (what: string) =>
      panelOf(page).getByRole("button", { name: `Undo: ${what}` }).last().click();
    await undo("Snoozed until ");
    await itemOf(page, "two").waitFor();
    await itemOf(page, "two").getByRole("button", { name: "Snooze “two”" }).click();
    await page.getByRole("menuitem", { name: "Choose day and time" }).click();
    await page.getByLabel("Day and time").press("Enter");
    await panelOf(page).getByRole("tab", { name: "Snoozed 1" }).click();
    await itemOf(page, "two").getByRole("button", { name: "Bring back now “two”" }).click();
    await panelOf(page).getByText("Nothing is snoozed.").waitFor();
    await panelOf(page).getByRole("tab", { name: "Archive" }).click();
    await itemOf(page, "three").waitFor();
    await itemOf(page, "three").hover();
    await itemOf(page, "three").getByRole("button", { name: "Bring “three” back" }).click();
    await panelOf(page).getByText("Nothing is archived.").waitFor();
    await panelOf(page).getByRole("tab", { name: "All" }).click();
    await itemOf(page, "three").waitFor();
    await itemOf(page, "three").hover();
    await itemOf(page, "three").getByRole("button", { name: "Archive “three”" }).click();
    await undo("Archived “three”");
    await itemOf(page, "three").waitFor();
    await itemOf(page, "one").hover();
    await itemOf(page, "one").getByRole("button", { name: "Delete “one”" }).click();
    await itemOf(page, "one").waitFor({ state: "detached" });
    await undo("Deleted “one”");
    await itemOf(page, "one").waitFor();
    await panelOf(page).getByRole("button", { name: "Mark all as read" }).click();
    await bellOf(page, 0).waitFor();
    await undo("Marked all as read");
    await bellOf(page, 3).waitFor();
    await panelOf(page).getByRole("button", { name: "Mark all as read" }).click();
    await panelOf(page).getByRole("button", { name: "Archive all read" }).click();
    await panelOf(page).getByText("You are all caught up").waitFor();
    await page.keyboard.press("Escape");
    await bellOf(other, 0).waitFor();
    await panelOf(page).waitFor({ state: "detached" });
    const isBell =
      "document.querySelector('notifyli-inbox').shadowRoot.activeElement?.part.contains('bell')";
    assert.equal(await page.evaluate(isBell), true, "the focus is back at the bell");
    assert.deepEqual(site.errors, []);
  },
);

Deno.test(
  "element: actions are busy, done, refused; the page is told, and may do them itself",
  OPTIONS,
  async () => {
    await using site = new ElementSite(PORT);
    let calls = 0;
    await using receiver = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
      calls++;
      return new Response("Thanks");
    });
    const actions = [
      {
        id: "ack",
        type: "http",
        label: "Acknowledge",
        url: `http://127.0.0.1:${receiver.addr.port}/`,
      },
      { id: "reply", type: "reply", label: "Reply" },
      { id: "open", type: "view", label: "Open", url: `http://127.0.0.1:${PORT}/orders/5` },
    ];
    await notify("4", { title: "Disk", message: "full", url: "/orders/7", actions });
    const dead = `http://127.0.0.1:${freePort()}/`;
    await notify("4", {
      title: "Dead",
      message: "x",
      actions: [{ id: "try", type: "http", label: "Try", url: dead }],
    });
    const page = await site.open(program(), elementFor("4"));
    const told = await notesEvents(page);
    await bellOf(page, 2).click();
    await itemOf(page, "Disk").getByRole("button", { name: "Acknowledge" }).click();
    await itemOf(page, "Disk").getByRole("status").filter({ hasText: "Acknowledge: Thanks" })
      .waitFor();
    await itemOf(page, "Disk").getByRole("textbox", { name: "Reply" }).fill("On it <b>now</b>");
    await page.keyboard.press("Enter");
    await itemOf(page, "Disk").getByText("You answered: On it <b>now</b>").waitFor();
    await itemOf(page, "Dead").getByRole("button", { name: "Try" }).click();
    await itemOf(page, "Dead").getByRole("alert").filter({ hasText: "Not done:" }).waitFor();
    await page.evaluate(
      "document.querySelector('notifyli-inbox').router = (url) => told.push('router ' + url)",
    );
    await itemOf(page, "Disk").getByRole("link", { name: "Open" }).click();
    await panelOf(page).waitFor({ state: "detached" });
    await bellOf(page, 1).click();
    await itemOf(page, "Disk").getByRole("link", { name: "Disk" }).click();
    await panelOf(page).waitFor({ state: "detached" });
    assert.deepEqual(await told(), [
      "notifyli-action Disk  ack ",
      "notifyli-action Disk  reply On it <b>now</b>",
      "notifyli-action Dead  try ",
      "notifyli-action Disk  open ",
      "router /orders/5",
      "notifyli-open Disk /orders/7  ",
      "router /orders/7",
    ]);
    await bellOf(page, 1).waitFor(); // what was opened is read
    assert.equal(new URL(page.url()).pathname, "/");

    await notify("4", {
      title: "Mine",
      message: "x",
      url: "/orders/8",
      actions: actions.slice(0, 1),
    });
    await page.evaluate("prevents = true; told.length = 0");
    await bellOf(page, 2).click();
    await itemOf(page, "Mine").getByRole("button", { name: "Acknowledge" }).click();
    await itemOf(page, "Mine").getByRole("link", { name: "Mine" }).click();
    await panelOf(page).waitFor({ state: "detached" });
    assert.deepEqual(await told(), [
      "notifyli-action Mine  ack ",
      "notifyli-open Mine /orders/8  ",
    ]);
    assert.equal(new URL(page.url()).pathname, "/");
    assert.equal(calls, 1);
  },
);

Deno.test("element: shows the picture and the files of a notification", OPTIONS, async () => {
  await using site = new ElementSite(PORT);
  const upload = async (name: string, body: BodyInit): Promise<string> => {
    const response = await fetch(`${program().url}/api/files?name=${name}&user_id=5`, {
      method: "POST",
      body,
    });
    const { id, ...answer } = await response.json();
    return id ?? assert.fail(JSON.stringify(answer));
  };
  const image = await upload("chart.png", Uint8Array.fromBase64(PIXEL));
  const file = await upload("report.txt", "All is well");
  await notify("5", { title: "Report", message: "of today", image, attachments: [file] });
  const page = await site.open(program(), elementFor("5"));
  await bellOf(page, 1).click();
  const picture = itemOf(page, "Report").getByRole("img", { name: "chart.png" });
  await picture.waitFor();
  await waitFor("the picture is there", async () =>
    // deno-lint-ignore no-explicit-any -- it runs in the page
    await picture.evaluate((element: any) => element.naturalWidth) === 1);
  const link = itemOf(page, "Report").getByRole("link", { name: "report.txt" });
  const href = await link.getAttribute("href") ?? assert.fail();
  assert.equal(await (await fetch(href)).text(), "All is well");
  assert.deepEqual(site.errors, []);
});
