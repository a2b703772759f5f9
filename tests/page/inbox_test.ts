/** What the list behind the bell shows of a notification, and what can be done with it there. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { OPTIONS } from "../support/browser.ts";
import { operatorKeyOf } from "../support/manager.ts";
import {
  bell,
  holdsToasts,
  inboxNotices,
  item,
  notesToasts,
  notifications,
  runOut,
  tab,
  toasted,
  toasts,
} from "../support/page.ts";
import { People } from "../support/people.ts";
import { Program } from "../support/program.ts";
import { sharedProgram } from "../support/shared_program.ts";
import { waitFor } from "../support/wait.ts";

const program = sharedProgram({ APP_OUTGOING_PRIVATE_IPS: "127.0.0.1" });

Deno.test("page: a notification shows all that its sender said of it", OPTIONS, async () => {
  await using people = new People(program().url);
  const page = await people.open({ user: "1", name: "Alice" });
  const disk = {
    title: "Disk 91 % full on db-2",
    message:
      "**Full** in *3 hours*:\n- `/var` [graph](https://a.example/g) [bad](javascript:alert(1))",
    markdown: true,
    from: "Monitor",
    kind: "alert.disk",
    priority: 5,
    url: "/favicon.svg?disk",
    icon: "/favicon.svg",
    tags: ["db", "<b>prod</b>"],
    progress: 91,
  };
  await notify("1", { message: "Hello <img src=x onerror=alert(1)>", from: "Shop" });
  await notify("1", disk);
  await bell(page, 2).click();
  const shown = item(page, disk.title);
  await shown.getByText("Monitor").waitFor();
  await shown.getByText("Alert disk", { exact: true }).waitFor();
  await shown.getByText("<b>prod</b>", { exact: true }).waitFor();
  await shown.getByText("Urgent:").waitFor({ state: "attached" });
  assert.equal(await shown.locator(".md > p strong").textContent(), "Full");
  assert.equal(await shown.locator(".md li code").textContent(), "/var");
  const links = await shown.locator(".md a").evaluateAll((found) =>
    found.map((each) => ["href", "target", "rel"].map((name) => each.getAttribute(name)))
  );
  assert.deepEqual(links, [["https://a.example/g", "_blank", "noopener noreferrer nofollow"]]);
  assert.equal(await shown.getByRole("progressbar", { name: "Progress" }).count(), 1);
  assert.equal(await shown.locator("progress").getAttribute("value"), "91");
  assert.equal(await shown.locator(".ic img").getAttribute("src"), `${program().url}/favicon.svg`);
  await item(page, "Hello <img src=x onerror=alert(1)>").waitFor();
  assert.equal(await notifications(page).locator("img").count(), 1, "no text is HTML");

  const [popup] = await Promise.all([
    page.waitForEvent("popup"),
    shown.getByRole("link", { name: disk.title }).click(),
  ]);
  assert.match(popup.url(), /\/favicon\.svg\?disk$/);
  assert.equal(await popup.evaluate("opener"), null);
  await popup.close();

  const { id } = await notify("1", { title: "Upload", message: "a.zip", progress: 10 });
  await item(page, "Upload").locator('progress[value="10"]').waitFor();
  await patch(id, { progress: 60 });
  await item(page, "Upload").locator('progress[value="60"]').waitFor();
  assert.equal(await item(page, "Upload").count(), 1);
  assert.deepEqual(people.errors, []);
});

// deno-lint-ignore no-explicit-any -- it runs in the page
const PLAY_STATE = (line: any) => line.getAnimations()[0]?.playState;

async function notify(user: string, fields: object): Promise<{ id: string }> {
  return await call("POST", "api/notifications", {
    user_id: user,
    room: `/user/${user}`,
    ...fields,
  });
}

async function patch(id: string, fields: object): Promise<void> {
  await call("PATCH", `api/notifications/${id}`, fields);
}

async function call(method: string, path: string, body: object): Promise<{ id: string }> {
  const response = await fetch(`${program().url}/${path}`, {
    method,
    headers: {
      "Content-Type": "application/json",
      ...(method === "PUT" ? { Authorization: `Bearer ${operatorKeyOf(program())}` } : {}),
    },
    body: JSON.stringify(body),
  });
  assert.ok(response.ok, `${path}: ${response.status} ${await response.clone().text()}`);
  return await response.json();
}

Deno.test(
  "page: toasts by priority: what is urgent stays, and no more than three are seen",
  OPTIONS,
  async () => {
    await using people = new People(program().url);
    const page = await people.open({ user: "11", name: "Alice" }, { prepare: holdsToasts });
    const toast = (text: string) => toasts(page, text);
    const hold = page.getByRole("status", { name: "New notifications" });
    await notify("11", { title: "Disk full", message: "db-2", priority: 5, from: "Monitor" });
    const urgent = page.getByRole("alert", { name: "Urgent notifications" }).locator(".to");
    await urgent.getByText("Disk full").waitFor();
    await toast("Disk full").hover(); // whoever points at one keeps it; this one stays anyway
    for (const text of ["one", "two", "three", "four"]) await notify("11", { message: text });
    await notify("11", { title: "Low", message: "not said", priority: 2 });
    await toast("Low").waitFor();
    assert.equal(await toasts(page).count(), 3);
    assert.equal(await toast("Low").getByText("not said").count(), 0, "it is one line");
    await hold.getByRole("button", { name: "+3 more" }).waitFor();
    const line = toast("four").locator(".lf");
    assert.equal(
      await line.evaluate(PLAY_STATE),
      "running",
    );
    await toast("four").hover();
    assert.equal(
      await line.evaluate(PLAY_STATE),
      "paused",
    );
    // Those that nobody points at go by themselves.
    await runOut(page);
    await toast("Low").waitFor({ state: "detached" });
    await hold.getByText("more", { exact: false }).waitFor({ state: "detached" });
    assert.equal(await toast("four").count(), 1);
    await page.mouse.move(0, 0);
    await waitFor("the last one to go", async () => {
      await runOut(page);
      return await toast("four").count() === 0;
    });
    await toast("four").waitFor({ state: "detached" });
    assert.equal(await urgent.count(), 1);
    await urgent.getByRole("button", { name: "Dismiss “Disk full”" }).click();
    await urgent.waitFor({ state: "detached" });
    await bell(page, 6).waitFor();

    const { id } = await notify("11", { title: "Again", message: "x", priority: 1 });
    await toast("Again").getByRole("button", { name: /^Dismiss/ }).click();
    await patch(id, { message: "y" });
    await bell(page, 7).click();
    await item(page, "Again").getByText("y", { exact: true }).waitFor();
    assert.equal(await toast("Again").count(), 0, "what is changed asks for nothing");
    assert.deepEqual(people.errors, []);
  },
);

Deno.test(
  "page: what comes in quiet hours is in the list, and asks for nothing",
  OPTIONS,
  async () => {
    await using people = new People(program().url);
    const page = await people.open({ user: "15", name: "Alice" }, { prepare: notesToasts });
    await call("PUT", "api/users/15/preferences", { mute_until: "2h" });
    await notify("15", { message: "In silence", priority: 5 });
    await bell(page, 1).waitFor();
    await notify("15", { message: "Now", critical: true });
    await toasted(page, "Now");
    assert.deepEqual(await page.evaluate("shownToasts.length"), 1);
    await bell(page, 2).click();
    await item(page, "In silence").waitFor();
    assert.deepEqual(people.errors, []);
  },
);

Deno.test(
  "page: what is urgent comes through quiet hours where the user lets it",
  OPTIONS,
  async () => {
    await using people = new People(program().url);
    const page = await people.open({ user: "17", name: "Alice" }, { prepare: notesToasts });
    await bell(page, 0).click();
    await notifications(page).getByRole("button", { name: "Preferences" }).click();
    const preferences = page.getByRole("dialog", { name: "Preferences" });
    await preferences.getByRole("switch", { name: "Quiet hours" }).click();
    // All days are quiet around the clock.
    await preferences.getByRole("button", { name: /^Monday: / }).click();
    const days = Object.fromEntries(
      ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map((day) => [day, [["00:00", "24:00"]]]),
    );
    await call("PUT", "api/users/17/preferences", { quiet_hours: { days } });
    await preferences.getByRole("button", { name: "Sunday: All day" }).waitFor();
    await notify("17", { title: "Held back", message: "x", priority: 5 });
    await bell(page, 1).waitFor();
    const letsThrough = (checked: boolean) =>
      preferences.getByRole("switch", { name: "Let urgent alerts through", checked });
    await letsThrough(false).click();
    await letsThrough(true).waitFor();
    await notify("17", { title: "Usual", message: "x" });
    await notify("17", { title: "Urgent one", message: "x", priority: 5 });
    await toasted(page, "Urgent one");
    assert.equal((await page.evaluate("shownToasts") as string[]).length, 1);
    await bell(page, 3).waitFor();
    assert.deepEqual(people.errors, []);
  },
);

Deno.test("page: what came in quiet hours asks for attention after them", OPTIONS, async () => {
  await using people = new People(program().url);
  const page = await people.open({ user: "16", name: "Alice" }, { prepare: notesToasts });
  await call("PUT", "api/users/16/preferences", { mute_until: Math.ceil(Date.now() / 1000) + 10 });
  await notify("16", { title: "Later", message: "Waits for the morning" });
  await bell(page, 1).waitFor();
  assert.deepEqual(await page.evaluate("shownToasts"), []);
  const shown = () => page.evaluate("shownToasts") as Promise<string[]>;
  await waitFor("it asks", async () => (await shown()).length > 0);
  assert.match((await shown())[0] ?? "", /Waits for the morning/);
  await bell(page, 1).click();
  await item(page, "Later").waitFor();
  assert.equal(await item(page, "Later").count(), 1);
  assert.deepEqual(people.errors, []);
});

Deno.test("page: what was put away is in the archive, and is brought back", OPTIONS, async () => {
  await using people = new People(program().url);
  const me = { user: "25", name: "Alice" };
  const page = await people.open(me, { prepare: holdsToasts });
  const other = await people.open(me);
  for (const title of ["First", "Second", "Third"]) await notify("25", { title, message: "x" });
  await bell(page, 3).click();
  await bell(other, 0).click();
  const put = async (word: string, title: string) => {
    await item(page, title).hover();
    await item(page, title).getByRole("button", { name: `${word} “${title}”` }).click();
    await item(page, title).waitFor({ state: "detached" });
    await item(other, title).waitFor({ state: "detached" });
  };
  const undo = async (words: string) => {
    await inboxNotices(page, words).getByRole("button").click();
  };
  await put("Archive", "Second");
  await undo("Archived “Second”");
  for (const each of [page, other]) await item(each, "Second").waitFor();
  assert.deepEqual(await titlesIn(page), ["Third", "Second", "First"], "at its place");
  await put("Delete", "First");
  await undo("Deleted “First”");
  for (const each of [page, other]) await item(each, "First").waitFor();

  await put("Archive", "Third");
  await put("Delete", "First");
  await inboxNotices(page, "Deleted").waitFor();
  await waitFor("nothing can be undone any more", async () => {
    await runOut(page);
    return await inboxNotices(page).count() === 0;
  });
  await tab(other, "Archive").click();
  await item(other, "First").waitFor({ state: "detached" });
  await tab(page, "Archive").click();
  await item(page, "Third").waitFor();
  assert.deepEqual(await titlesIn(page), ["Third"], "what is deleted is not in there");
  await item(page, "Third").getByRole("button", { name: "Bring “Third” back" }).click();
  await notifications(page).getByText("Nothing is archived.").waitFor();
  await notifications(other).getByText("Nothing is archived.").waitFor();
  await tab(page, "All").click();
  assert.deepEqual(await titlesIn(page), ["Third", "Second"]);
  await notifications(page).getByRole("button", { name: "Archive all read" }).click();
  await notifications(page).getByRole("button", { name: "See the archive" }).click();
  await item(page, "Second").getByRole("button", { name: "Delete “Second”" }).click();
  await item(page, "Second").waitFor({ state: "detached" });
  await undo("Deleted “Second”");
  await item(page, "Second").waitFor();
  await undo("Archived 2 notifications");
  await tab(page, "All").click();
  await item(page, "Second").waitFor();
  assert.deepEqual(await titlesIn(page), ["Third", "Second"]);
  assert.deepEqual(people.errors, []);
});

function titlesIn(page: Page): Promise<string[]> {
  return notifications(page).locator(".it .open").allTextContents();
}

Deno.test(
  "page: a notification is put off until one of four times, or another, and brought back",
  OPTIONS,
  async () => {
    await using people = new People(program().url);
    const page = await people.open({ user: "21", name: "Alice" });
    for (const title of ["First", "Second", "Third"]) await notify("21", { title, message: "x" });
    await bell(page, 3).click();
    const snooze = (title: string) =>
      item(page, title).getByRole("button", { name: `Snooze “${title}”` });
    await item(page, "Second").hover();
    await snooze("Second").click();
    const choices = page.getByRole("menuitem");
    assert.equal(await choices.count(), 5);
    const hints = await choices.locator("small").allTextContents();
    assert.equal(new Set(hints).size, 4, "each says when that is");
    assert.ok(hints.every((hint) => /\d+:\d\d/.test(hint)), hints.join());
    await page.keyboard.press("Escape");
    await choices.first().waitFor({ state: "detached" });
    await notifications(page).waitFor(); // Escape closes the menu alone

    await page.keyboard.press("h");
    await page.getByRole("menuitem", { name: /^Tomorrow morning/ }).click();
    await item(page, "Second").waitFor({ state: "detached" });
    await inboxNotices(page, "Snoozed until").waitFor();
    const view = (name: string) => tab(page, name);
    await view("Snoozed 1").click();
    await item(page, "Second").getByText(/Back .*9:00/).waitFor();
    await view("All").click();

    await item(page, "First").hover();
    await snooze("First").click();
    await page.getByRole("menuitem", { name: "Choose day and time" }).click();
    const field = page.getByLabel("Day and time");
    for (const never of ["2001-01-01T10:00", "2099-01-02T10:30"]) {
      await field.fill(never);
      await page.getByText("within a year").waitFor();
      assert.ok(await page.getByRole("button", { name: "Snooze", exact: true }).isDisabled());
    }
    await page.keyboard.press("Escape");
    await field.waitFor({ state: "detached" });
    await item(page, "First").hover();
    await snooze("First").click();
    await page.getByRole("menuitem", { name: "Choose day and time" }).click();
    const later = new Date(Date.now() + 40 * 86_400_000);
    await field.fill(`${later.toISOString().slice(0, 11)}10:30`);
    await page.getByRole("button", { name: "Snooze", exact: true }).click();
    await item(page, "First").waitFor({ state: "detached" });
    await view("Snoozed 2").click();
    await item(page, "First").getByText(/Back .*, 10:30/).waitFor();
    await item(page, "Second").getByRole("button", { name: "Bring back now “Second”" }).click();
    await item(page, "Second").waitFor({ state: "detached" });
    await view("All").click();
    await item(page, "Second").waitFor();
    assert.deepEqual(people.errors, []);
  },
);

Deno.test(
  "page: the list shows one kind alone, and is gone through with single keys",
  OPTIONS,
  async () => {
    await using people = new People(program().url);
    const page = await people.open({ user: "31", name: "Alice" });
    const sent = [["Order 1", "order.shipped"], ["Order 2", "order.paid"], ["Deploy", "deploy"], [
      "Plain",
    ]];
    for (const [title, kind] of sent) await notify("31", { title, message: "x", kind });
    await bell(page, 4).click();
    const view = (name: string) => tab(page, name);
    await view("Order 2").click();
    const titles = () => notifications(page).locator(".it .open").allTextContents();
    assert.deepEqual(await titles(), ["Order 2", "Order 1"]);
    await notifications(page).getByRole("button", { name: "Archive all read" }).waitFor();
    await view("All").click();
    assert.deepEqual(await titles(), ["Plain", "Deploy", "Order 2", "Order 1"]);
    const focused = (title: string) =>
      page.locator(".it:focus").filter({ hasText: title }).waitFor();
    await page.keyboard.press("j");
    await focused("Plain");
    await page.keyboard.press("j");
    await focused("Deploy");
    await page.keyboard.press("k");
    await focused("Plain");
    await page.keyboard.press("e");
    await focused("Deploy");
    await item(page, "Plain").waitFor({ state: "detached" });
    assert.deepEqual(people.errors, []);
  },
);

Deno.test("page: kinds of which nothing is known can be chosen as any other", OPTIONS, async () => {
  await using people = new People(program().url);
  const page = await people.open({ user: "35", name: "Alice" });
  for (const kind of ["constructor", "valueOf", "to_string.value", "never.heard-of"]) {
    await notify("35", { title: `of ${kind}`, message: "x", kind });
  }
  await notify("35", { title: "of none", message: "x" });
  await bell(page, 5).click();
  const view = (name: string) => tab(page, name, true);
  const shows: readonly [view: string, title: string][] = [
    ["Constructor 1", "of constructor"],
    ["ValueOf 1", "of valueOf"],
    ["To string 1", "of to_string.value"],
    ["Never 1", "of never.heard-of"],
  ];
  for (const [name, title] of shows) {
    await view(name).click();
    assert.deepEqual(await titlesIn(page), [title]);
  }
  await item(page, "of never.heard-of").getByText("Never heard of").waitFor({ state: "detached" });
  await item(page, "of never.heard-of").hover();
  await page.keyboard.press("j");
  await page.keyboard.press("e");
  await view("Never 1").waitFor({ state: "detached" });
  assert.equal((await titlesIn(page)).length, 4, "with the last one of a kind, all are shown");
  assert.deepEqual(people.errors, []);
});

Deno.test("page: a group is one entry, which opens, and is put away as one", OPTIONS, async () => {
  await using people = new People(program().url);
  for (let index = 1; index <= 55; index++) {
    await notify("41", { title: `Deploy ${index}.`, message: "x", group: "deploys" });
  }
  await notify("41", { title: "Alone", message: "x" });
  const page = await people.open({ user: "41", name: "Alice" });
  await bell(page, 56).click();
  await waitFor(
    "there are two",
    async () => await notifications(page).locator(".it").count() === 2,
  );
  await item(page, "Deploy 55.").getByRole("button", { name: "Show 54 more" }).click();
  await item(page, "Deploy 1.").last().waitFor(); // the server has those that the list had not come to
  await item(page, "Deploy 55.").getByRole("button", { name: "Show less" }).click();
  await item(page, "Deploy 55.").first().hover();
  await item(page, "Deploy 55.").first().getByRole("button", { name: "Archive “Deploy 55.”" })
    .click();
  await item(page, "Deploy").waitFor({ state: "detached" });
  await item(page, "Alone").waitFor();
  await bell(page, 0).waitFor();
  await inboxNotices(page, "Archived 55 notifications").waitFor();
  await inboxNotices(page).getByRole("button", { name: "Undo" }).click();
  await item(page, "Deploy 55.").getByRole("button", { name: "Show 54 more" }).waitFor();
  assert.deepEqual(people.errors, []);
});

Deno.test("page: a digest opens to what it is of", OPTIONS, async () => {
  await using people = new People(program().url);
  const page = await people.open({ user: "45", name: "Alice" });
  await call("PUT", "api/kinds/paid", { name: "Payments", digest: { window: "5s" } });
  for (const title of ["49.90 EUR", "12.00 EUR"]) {
    await notify("45", { title, message: "paid", kind: "paid", url: "/p" });
  }
  await bell(page, 1).click();
  const digest = item(page, "Payments").first();
  await digest.getByText("2", { exact: true }).waitFor({ state: "attached" });
  await digest.getByRole("button", { name: "Show all 2" }).click();
  assert.deepEqual(await digest.locator(".fold a").allTextContents(), ["12.00 EUR", "49.90 EUR"]);
  assert.deepEqual(people.errors, []);
});

Deno.test("page: actions are done once, and say what came of them", OPTIONS, async () => {
  let answer = { status: 500, text: "No door" };
  const asked = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async () => {
      asked.resolve();
      await opened.promise;
      return new Response(answer.text, {
        status: answer.status,
        headers: { "Content-Type": "text/plain" },
      });
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}/door`;
  await using people = new People(program().url);
  const page = await people.open({ user: "51", name: "Alice" });
  const other = await people.open({ user: "51", name: "Alice" }, {
    viewport: { width: 360, height: 800 },
  });
  await notify("51", {
    title: "Delivery",
    message: "Shall we leave it at the door?",
    actions: [
      { type: "http", label: "Yes", url },
      { type: "view", label: "Track it", url: "/favicon.svg" },
      { type: "reply", label: "Answer", placeholder: "Leave it with…" },
    ],
  });
  await bell(page, 1).click();
  const shown = item(page, "Delivery");
  await shown.getByRole("button", { name: "Yes" }).click();
  await asked.promise;
  const busy = shown.locator("[aria-busy=true]").filter({ hasText: "Yes" });
  await busy.getByText("under way").waitFor({ state: "attached" }).finally(opened.resolve);
  await shown.getByText("Yes was answered with 500: No door").waitFor();
  const [popup] = await Promise.all([
    page.waitForEvent("popup"),
    shown.getByRole("link", { name: "Track it" }).click(),
  ]);
  await popup.close();
  await shown.getByRole("textbox", { name: "Answer" }).fill("  With the neighbour ");
  await page.keyboard.press("Enter");
  await shown.getByText("You answered: With the neighbour").waitFor();
  await bell(other, 0).click();
  await item(other, "Delivery").getByText("You answered: With the neighbour").waitFor();
  assert.equal(await item(other, "Delivery").getByRole("textbox").count(), 0);

  answer = { status: 200, text: "Done" };
  const gone = [{ type: "http", label: "Open", url: "http://127.0.0.1:9/", clear: true }];
  await notify("51", { title: "Gate", message: "x", priority: 5, actions: gone });
  const gate = item(page, "Gate");
  await gate.getByRole("button", { name: "Open" }).click();
  await gate.getByRole("alert").getByText("You may try again").waitFor();
  assert.deepEqual(people.errors, []);
});

Deno.test(
  "page: a change of preferences that is refused is shown, and set back",
  OPTIONS,
  async () => {
    await using server = await Program.start({ env: { APP_LIMIT_PREFERENCES: "1" } });
    await using people = new People(server.url);
    const page = await people.open({ user: "1", name: "Alice" });
    const operator = { Authorization: `Bearer ${operatorKeyOf(server)}` };
    const kinds = [["PUT", "kinds/news", { name: "News" }], ["PUT", "users/1/preferences", {
      kinds: { chosen: { push: false } },
      quiet_hours: { days: { mon: Array(8).fill(["22:00", "07:00"]) } },
    }]] as const;
    for (const [method, path, body] of kinds) {
      const headers = { ...operator, "Content-Type": "application/json" };
      const answer = await fetch(`${server.url}/api/${path}`, {
        ...{ method, headers, body: JSON.stringify(body) },
      });
      assert.ok(answer.ok, await answer.text());
    }
    await bell(page, 0).click();
    await notifications(page).getByRole("button", { name: "Preferences" }).click();
    const dialog = page.getByRole("dialog", { name: "Preferences" });
    const push = (checked: boolean) =>
      dialog.getByRole("switch", { name: "News, Push", checked, exact: true });
    const problem = dialog.getByRole("alert");
    for (let count = 0; count < 2; count++) {
      await push(true).click();
      await problem.getByText("the limit is 1").waitFor();
      await push(true).waitFor();
    }
    await dialog.getByRole("button", { name: /^Monday/ }).click();
    await dialog.getByRole("button", { name: "Add a range" }).click();
    await problem.getByText("up to 8 ranges").waitFor();
    assert.equal(await dialog.getByLabel(/^Monday, range \d, from$/).count(), 8);
    await dialog.getByLabel("Mute all").selectOption("8h");
    await dialog.getByText("Nothing asks for attention until").waitFor();
    assert.equal(await problem.count(), 0, "what is taken takes the complaint down");
    assert.deepEqual(people.errors, []);
  },
);

Deno.test(
  "page: preferences are chosen by kind and way, and quiet hours by weekday",
  OPTIONS,
  async () => {
    await using people = new People(program().url);
    const page = await people.open({ user: "61", name: "Alice" });
    await call("PUT", "api/kinds/audit", { name: "Audits", locked: "The law wants it" });
    await call("PUT", "api/kinds/sport", { name: "Sports", description: "Who won" });
    await bell(page, 0).click();
    await notifications(page).getByRole("button", { name: "Preferences" }).click();
    const dialog = page.getByRole("dialog", { name: "Preferences" });
    const toggle = (name: string, checked: boolean) =>
      dialog.getByRole("switch", { name, checked, exact: true });
    await dialog.getByText("Always so: The law wants it").waitFor();
    await dialog.getByText("Who won").waitFor();
    assert.ok(await toggle("Audits, Push", true).isDisabled());
    await call("PUT", "api/kinds/late", { name: "Late ones", push: false });
    await toggle("Late ones, Push", false).waitFor(); // what the application changes is seen at once
    await toggle("Sports, Push", true).click();
    await toggle("Sports, Push", false).waitFor();
    await dialog.getByLabel("Mute all").selectOption("8h");
    await dialog.getByText("Nothing asks for attention until").waitFor();
    await dialog.getByLabel("Mute all").selectOption("off");
    await dialog.getByText("What comes meanwhile is in the list.").waitFor();

    await toggle("Quiet hours", false).click();
    const monday = dialog.getByRole("button", { name: "Monday: 22:00 – 07:00" });
    await monday.waitFor();
    assert.equal(
      await monday.locator(".tr i").count(),
      2,
      "it is quiet on both sides of midnight",
    );
    await dialog.getByLabel("Time zone").selectOption("Asia/Tokyo");
    await monday.click();
    await dialog.getByLabel("Monday, range 1, from").fill("21:30");
    await dialog.getByRole("button", { name: "Monday: 21:30 – 07:00" }).waitFor();
    await dialog.getByRole("button", { name: "Same on all days" }).click();
    await dialog.getByRole("button", { name: "Sunday: 21:30 – 07:00" }).waitFor();
    await dialog.getByRole("button", { name: "Remove range 1 of Monday" }).click();
    await dialog.getByRole("button", { name: "Monday: None" }).waitFor();
    // Another device has just that.
    const other = await people.open({ user: "61", name: "Alice" });
    await bell(other, 0).click();
    await notifications(other).getByRole("button", { name: "Preferences" }).click();
    const there = other.getByRole("dialog", { name: "Preferences" });
    await there.getByRole("button", { name: "Sunday: 21:30 – 07:00" }).waitFor();
    await there.getByRole("button", { name: "Monday: None" }).waitFor();
    assert.equal(await there.getByLabel("Time zone").inputValue(), "Asia/Tokyo");
    const states = await there.getByRole("switch").evaluateAll((all) =>
      all.map((each) => `${each.getAttribute("aria-label")} ${each.matches(":checked")}`)
    );
    assert.ok(states.includes("Sports, Push false") && states.includes("Sports, Inbox true"));
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await notifications(page).waitFor();
    assert.deepEqual(people.errors, []);
  },
);
