/** What people do beside writing: pin, mute, archive, block, hide; and what becomes of messages that cannot be sent at once. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { OPTIONS } from "../support/browser.ts";
import { freePort } from "../support/free_port.ts";
import { connected, message } from "../support/page.ts";
import { became, begin, People, row, write } from "../support/people.ts";
import { Program } from "../support/program.ts";
import { waitFor } from "../support/wait.ts";

Deno.test(
  "page: pins, mutes, archives, hides, blocks, and keeps what is not sent",
  OPTIONS,
  async () => {
    await using stack = new AsyncDisposableStack();
    const dataDir = await Deno.makeTempDir();
    stack.defer(() => Deno.remove(dataDir, { recursive: true }));
    const start = () => Program.start({ env: { APP_PORT: port }, dataDir });
    const port = String(freePort());
    let program = await start();
    stack.defer(() => program[Symbol.asyncDispose]());
    const people = stack.use(new People(program.url));
    const alice = await people.open({ user: "1", name: "Alice" });
    const bob = await people.open({ user: "2", name: "Bob" });
    await begin(alice, "2");
    await write(alice, "one");
    await row(bob, "Alice").click();
    await became(alice, "one", "read");

    await choose(alice, "Bob", "Pin");
    await section(alice, "Pinned").waitFor();
    await choose(alice, "Bob", "Unpin");
    await section(alice, "Pinned").waitFor({ state: "detached" });
    await choose(alice, "Bob", "Mute");
    await section(alice, "Muted").waitFor();
    await undo(alice, "Bob is muted.");
    await section(alice, "Muted").waitFor({ state: "detached" });
    await choose(alice, "Bob", "Archive");
    await row(alice, "Bob").waitFor({ state: "detached" });
    await undo(alice, "Bob is archived.");
    await row(alice, "Bob").waitFor();
    await alice.getByRole("button", { name: "Archived", exact: true }).click();
    await alice.getByText("Nothing is archived.").waitFor();
    await choose(alice, "Bob", "Archive");
    await alice.getByText("Nothing is archived.").waitFor({ state: "detached" });
    await choose(alice, "Bob", "Move back to the list");
    await alice.getByText("Nothing is archived.").waitFor();

    await message(alice, "one").hover();
    await message(alice, "one").getByRole("button", { name: "More" }).click();
    await alice.getByRole("menuitem", { name: "Who has seen it" }).click();
    const receipts = alice.getByRole("dialog", { name: "Who has seen it" });
    await receipts.locator("section").filter({ hasText: "Read by" }).getByText("Bob").waitFor();
    await alice.keyboard.press("Escape");

    await alice.getByRole("button", { name: "Account of Alice" }).click();
    const isRead = alice.getByRole("switch", { name: "Read receipts" });
    await isRead.uncheck();
    await alice.reload();
    await connected(alice);
    await alice.getByRole("button", { name: "Account of Alice" }).click();
    await isRead.waitFor();
    assert.equal(await isRead.isChecked(), false);
    await alice.keyboard.press("Escape");

    await alice.getByRole("link", { name: "People" }).click();
    await alice.getByText("No contacts yet").waitFor();
    await alice.getByRole("button", { name: "Add a contact" }).first().click();
    await alice.getByRole("dialog").getByRole("combobox", { name: "People" }).fill("2");
    await alice.keyboard.press("Enter");
    const contact = alice.getByTestId("contact").filter({ hasText: "Bob" });
    await contact.getByText("Online").waitFor();
    await contact.getByRole("button", { name: "Actions for Bob" }).click();
    await alice.getByRole("menuitem", { name: "Block" }).click();
    await alice.getByRole("button", { name: "Block", exact: true }).click();
    await contact.getByText("Blocked").waitFor();
    await alice.goto(`${program.url}/#/`);
    await alice.reload(); // it must know from the server whom it has blocked
    await connected(alice);
    await row(alice, "Bob").click();
    const blocked = alice.getByTestId("blocked");
    await blocked.getByText("You have blocked Bob").waitFor();
    assert.equal(await alice.getByRole("textbox", { name: /^Message/ }).count(), 0);
    await alice.getByRole("button", { name: "Unblock Bob" }).waitFor();

    await write(bob, "are you there?");
    await became(bob, "are you there?", "failed");
    await bob.reload();
    await connected(bob);
    await became(bob, "are you there?", "failed");
    await row(bob, "Alice").getByText("A message was not sent").waitFor({ state: "attached" });
    await blocked.getByRole("button", { name: "Unblock" }).click();
    await alice.getByRole("textbox", { name: "Message Bob" }).waitFor();
    await message(bob, "are you there?").getByRole("button", { name: "Retry" }).click();
    await message(alice, "are you there?").waitFor();

    await alice.getByText("Online", { exact: true }).first().waitFor();
    await program[Symbol.asyncDispose]();
    await alice.getByText("You are offline", { exact: true }).waitFor();
    assert.equal(await alice.getByText("Online", { exact: true }).count(), 0);
    await write(alice, "while it was away");
    await alice.getByText("Your message is kept and sent later").waitFor();
    await alice.reload().catch(() => {}); // the browser says that nobody is there
    program = await start();
    await alice.goto(`${program.url}/#/`);
    await connected(alice);
    await message(bob, "while it was away").waitFor();
    await row(alice, "Bob").click();
    await became(alice, "while it was away", "delivered");
    for (const page of [alice, bob]) {
      assert.equal(await message(page, "while it was away").count(), 1);
    }

    await message(alice, "while it was away").hover();
    await message(alice, "while it was away").getByRole("button", { name: "More" }).click();
    await alice.getByRole("menuitem", { name: "Edit" }).click();
    const composer = alice.getByRole("textbox", { name: "Message Bob" });
    await composer.fill("an evil \u0000 change");
    await alice.keyboard.press("Enter");
    await waitFor(
      "a change that is refused is in the composer again",
      async () => (await composer.inputValue()).startsWith("an evil"),
    );
    await alice.goto(`${program.url}/#/chats/999`);
    await alice.getByTestId("no-access").waitFor();
    assert.deepEqual(people.thrown, []);
  },
);

function section(page: Page, name: string): Locator {
  return page.getByRole("heading", { name, exact: true });
}

/** Chooses an action of a row's menu, which comes with the pointer. */
async function choose(page: Page, of: string, action: string): Promise<void> {
  await row(page, of).hover();
  await page.getByRole("button", { name: `Actions for ${of}`, exact: true }).click();
  await page.getByRole("menuitem", { name: action, exact: true }).click();
}

async function undo(page: Page, text: string): Promise<void> {
  const notice = page.getByTestId("notice").filter({ hasText: text });
  await notice.getByRole("button", { name: "Undo" }).click();
}
