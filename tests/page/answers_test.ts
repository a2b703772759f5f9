/** What the page makes of answers that are late, overtaken by others, or refusals. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { OPTIONS } from "../support/browser.ts";
import { HeldCommands } from "../support/held_commands.ts";
import { message } from "../support/page.ts";
import { clientOf, groupOf, People, row } from "../support/people.ts";
import { sharedProgram } from "../support/shared_program.ts";

const program = sharedProgram({ APP_RATE_CHAT: "1000/1000" });

Deno.test(
  "page: a switch stays as it was turned until the server refuses it",
  OPTIONS,
  async () => {
    const me = { user: "1", name: "Alice" };
    await using client = await clientOf(program().webSocketUrl, me);
    const conversation = await groupOf(client, "Team", { members: ["2"] });
    await using people = new People(program().url);
    const commands = new HeldCommands();
    const page = await people.open(me, { prepare: (page) => commands.watch(page) });
    await row(page, "Team").click();
    const redraw = async (text: string) => {
      await client.command("message", { conversation, text });
      await message(page, text).waitFor();
    };
    const details = page.getByRole("complementary", { name: "Details" });
    for (const [name, isOn] of [["Notify me", true], ["Archived", false]] as const) {
      const control = (checked: boolean) => details.getByRole("switch", { name, checked });
      commands.hold("conversation");
      await control(isOn).click();
      await commands.get(1);
      await redraw(`While "${name}" waits`);
      assert.equal(await control(!isOn).count(), 1);
      commands.held.pop()?.refuse(`No "${name}" today`);
      await page.getByRole("alert").getByText(`No "${name}" today`).waitFor();
      await control(isOn).waitFor();
      await commands.stop();
      await control(isOn).click();
      await control(!isOn).waitFor();
    }
    await page.getByRole("button", { name: "Account of Alice" }).click();
    const receipts = (checked: boolean) =>
      page.getByRole("switch", { name: "Read receipts", checked });
    await receipts(true).waitFor();
    commands.hold("privacy");
    await receipts(true).click();
    await commands.get(1);
    await redraw("While nothing is private");
    assert.equal(await receipts(false).count(), 1);
    commands.held.pop()?.refuse("Not private today");
    await page.getByText("Not saved: Not private today").waitFor();
    await receipts(true).waitFor();
    assert.deepEqual(people.errors, []);
  },
);

Deno.test(
  "page: a group that is asked for again before it is there is made once",
  OPTIONS,
  async () => {
    const me = { user: "11", name: "Alice" };
    await using people = new People(program().url);
    const commands = new HeldCommands();
    const page = await people.open(me, { prepare: (page) => commands.watch(page) });
    commands.hold("conversation");
    await ask(page, "Team");
    await commands.get(1);
    await page.keyboard.press("Escape");
    await ask(page, "Team");
    await page.keyboard.press("Escape");
    await ask(page, "Other");
    await commands.get(2);
    await page.keyboard.press("Escape");
    await ask(page, "Team");
    await commands.stop();
    await page.getByRole("textbox", { name: "Message Team" }).waitFor();
    await row(page, "Other").waitFor();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(await row(page, "Team").count(), 1);
    assert.deepEqual(people.errors, []);
  },
);

Deno.test(
  "page: what is found too late, or more of, replaces nothing that was found since",
  OPTIONS,
  async () => {
    const me = { user: "21", name: "Alice" };
    await using client = await clientOf(program().webSocketUrl, me);
    const texts = Array.from({ length: 55 }, (_, index) => `apple ${index}`);
    await groupOf(client, "Team", { members: ["22"], texts: [...texts, "a pear"] });
    await using people = new People(program().url);
    const commands = new HeldCommands();
    const page = await people.open(me, { prepare: (page) => commands.watch(page) });
    const search = page.getByRole("searchbox", { name: "Search" });
    const result = (text: string) => page.getByTestId("result").filter({ hasText: text });
    await search.fill("apple");
    await result("apple 54").waitFor();
    commands.hold("search");
    await page.getByRole("button", { name: "More messages" }).click();
    await commands.get(1);
    await search.fill("pear");
    await commands.get(2);
    const [more, pear] = commands.held.splice(0);
    await pear?.send();
    await result("a pear").waitFor();
    await more?.send();
    await search.fill("plum");
    await commands.get(1);
    assert.equal(await result("a pear").count(), 1);
    assert.equal(await result("apple").count(), 0);
    assert.equal(await page.getByText("Nothing for").count(), 0, "nobody knows yet");
    await commands.stop();
    await page.getByText("Nothing for “plum”").waitFor();
    assert.deepEqual(people.errors, []);
  },
);

/** Asks for a group of two. */
async function ask(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "New conversation" }).click();
  await page.getByText("Group", { exact: true }).click();
  await page.getByLabel("Name of the group").fill(name);
  await page.getByRole("combobox", { name: "People" }).fill("2");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /^Make the group/ }).click();
}
