/** Where the page's notifications lead, and whose they are. */
import assert from "node:assert/strict";
import { OPTIONS } from "../support/browser.ts";
import { bell, connected, item, notifications, tab, toasts } from "../support/page.ts";
import { clientOf, groupOf, People, row, signIn } from "../support/people.ts";
import { sharedProgram } from "../support/shared_program.ts";

const program = sharedProgram({});

async function notify(user: string, fields: object): Promise<void> {
  const response = await fetch(`${program().url}/api/users/${user}/notifications`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ message: "x", from: "Shop", ...fields }),
  });
  assert.ok(response.ok, await response.text());
}

Deno.test(
  "page: a notification leads to its conversation, to its room, or to a place of the page",
  OPTIONS,
  async () => {
    const { url, webSocketUrl } = program();
    const me = { user: "1", name: "Alice" };
    await using client = await clientOf(webSocketUrl, me);
    const id = await groupOf(client, "Team", { members: ["2"] });
    await using people = new People(url);
    const page = await people.open(me);
    await row(page, "Team").waitFor();
    await notify("1", { title: "In the team", data: { conversation: id } });
    await toasts(page, "In the team").locator(".toopen").click();
    await page.getByRole("textbox", { name: "Message Team" }).waitFor();
    await bell(page, 0).waitFor();
    await notify("1", { title: "In the lobby", room: "lobby" });
    await notify("1", { title: "The people", url: "/#/people" });
    await notify("1", { title: "Nowhere", room: "elsewhere" });
    await bell(page, 3).click();
    await item(page, "In the lobby").locator(".open").click();
    await page.getByRole("textbox", { name: "Message lobby" }).waitFor();
    await notifications(page).waitFor({ state: "detached" });
    await bell(page, 0).click();
    await item(page, "The people").locator(".open").click();
    await page.waitForURL("**/#/people");
    await bell(page, 0).click();
    await item(page, "Nowhere").locator(".open").click();
    await notifications(page).waitFor();
    assert.equal(page.context().pages().length, 1);
    assert.deepEqual(people.errors, []);
  },
);

Deno.test(
  "page: the keys of the page are not meant where somebody writes an answer",
  OPTIONS,
  async () => {
    await using people = new People(program().url);
    const page = await people.open({ user: "11", name: "Alice" });
    await notify("11", { title: "Well", actions: [{ type: "reply", label: "Answer" }] });
    await bell(page, 1).click();
    const field = item(page, "Well").getByRole("textbox", { name: "Answer" });
    await field.pressSequentially("Why j k e?");
    assert.equal(await field.inputValue(), "Why j k e?");
    assert.equal(await page.getByRole("dialog", { name: "Keyboard" }).count(), 0);
    await page.keyboard.press("Escape");
    await notifications(page).waitFor({ state: "detached" });
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    assert.deepEqual(people.errors, []);
  },
);

Deno.test(
  "page: the next user of a browser sees nothing of the one before, over one connection",
  OPTIONS,
  async () => {
    await using people = new People(program().url);
    await notify("21", { title: "For Alice" });
    await notify("22", { title: "For Bob" });
    const page = await people.open({ user: "21", name: "Alice" });
    const clients = async () =>
      (await (await fetch(`${program().url}/api/stats`)).json()).clients as number;
    assert.equal(await clients(), 1);
    await bell(page, 1).click();
    await item(page, "For Alice").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /^Account of/ }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await signIn(page, { user: "22", name: "Bob" });
    await bell(page, 1).click();
    await item(page, "For Bob").waitFor();
    await tab(page, "Archive").click();
    await notifications(page).getByText("Nothing is archived.").waitFor();
    await tab(page, "All").click();
    assert.equal(await notifications(page).locator(".it").count(), 1);
    await connected(page);
    assert.equal(await clients(), 1);
    assert.deepEqual(people.errors, []);
  },
);
