/** Conversations on the page, in a real Chromium against the real program: two people write, and a group lives. */
import assert from "node:assert/strict";
import { OPTIONS } from "../support/browser.ts";
import { connected, message } from "../support/page.ts";
import { became, begin, People, row, write } from "../support/people.ts";
import { sharedProgram } from "../support/shared_program.ts";
import { waitFor } from "../support/wait.ts";

const program = sharedProgram({});

Deno.test("page: two people write, read, answer, react, edit and delete", OPTIONS, async () => {
  await using people = new People(program().url);
  const alice = await people.open({ user: "11", name: "Alice" });
  const bob = await people.open({ user: "12", name: "Bob" });
  await begin(alice, "12");
  await write(alice, "Hello Bob, see https://example.com/a and `code`");
  await row(bob, "Alice").getByTestId("row-unread").filter({ hasText: /^1\s*unread$/ }).waitFor();
  assert.match(await bob.title(), /^\(1\)/);
  await became(alice, "Hello Bob", "delivered");

  await row(bob, "Alice").click();
  await message(bob, "Hello Bob").locator("a[href='https://example.com/a']").waitFor();
  await message(bob, "Hello Bob").locator("code").waitFor();
  await bob.getByTestId("new-line").getByText("1 new message").waitFor();
  await became(alice, "Hello Bob", "read");
  await message(alice, "Hello Bob").getByText("Read", { exact: true }).waitFor();
  assert.equal(await row(bob, "Alice").getByTestId("row-unread").count(), 0);

  await bob.getByRole("textbox", { name: "Message Alice" }).pressSequentially("Hi");
  await alice.getByTestId("typing").filter({ hasText: /Bob.* is typing/ }).waitFor();
  await message(bob, "Hello Bob").hover();
  await bob.getByRole("button", { name: "Reply" }).click();
  await bob.getByText("Reply to Alice").waitFor();
  await write(bob, "Hi Alice");
  await message(alice, "Hi Alice").getByRole("button", { name: /Hello Bob/ }).waitFor();
  await alice.getByTestId("spoken").getByText("Bob: Hi Alice").waitFor();

  await message(alice, "Hi Alice").hover();
  await alice.getByRole("button", { name: "React" }).click();
  await alice.getByRole("button", { name: "Party", exact: true }).click();
  await message(bob, "Hi Alice").getByRole("button", { name: "Party, 1" }).waitFor();
  await message(alice, "Hi Alice").getByRole("button", { name: "Party, 1, you reacted" }).click();
  await message(bob, "Hi Alice").getByRole("button", { name: /Party/ }).waitFor({
    state: "detached",
  });

  await alice.getByRole("textbox", { name: "Message Bob" }).press("ArrowUp");
  await alice.getByText("Edit your message").waitFor();
  await write(alice, "Hello dear Bob");
  await message(bob, "Hello dear Bob").getByText("edited").waitFor();

  await message(alice, "Hello dear Bob").last().hover();
  await message(alice, "Hello dear Bob").last().getByRole("button", { name: "More" }).click();
  await alice.getByRole("menuitem", { name: "Delete for everyone" }).click();
  await alice.getByRole("button", { name: "Delete for everyone" }).click();
  await message(bob, "Message deleted").waitFor();
  assert.deepEqual(people.errors, []);
});

Deno.test("page: a draft is kept, and what is written offline is sent once", OPTIONS, async () => {
  await using people = new People(program().url);
  const alice = await people.open({ user: "21", name: "Alice" });
  await begin(alice, "22");
  await alice.getByRole("textbox", { name: /^Message/ }).fill("half a thou");
  await row(alice, "lobby").click();
  await row(alice, "22").getByText("Draft:").waitFor();
  await alice.reload();
  await connected(alice);
  await row(alice, "22").click();
  await waitFor(
    "the draft is in the composer",
    async () =>
      await alice.getByRole("textbox", { name: /^Message/ }).inputValue() === "half a thou",
  );
  await alice.goBack();
  await alice.getByRole("textbox", { name: "Message lobby" }).waitFor();
  assert.deepEqual(people.errors, []);
});

Deno.test("page: a group is made, renamed, grown, handed over and left", OPTIONS, async () => {
  await using people = new People(program().url);
  const alice = await people.open({ user: "31", name: "Alice" });
  const bob = await people.open({ user: "32", name: "Bob" });
  await alice.getByRole("button", { name: "New conversation" }).click();
  await alice.getByText("Group", { exact: true }).click();
  await alice.getByLabel("Name of the group").fill("Team \u202e");
  await alice.getByRole("combobox", { name: "People" }).fill("32");
  await alice.keyboard.press("Enter");
  await alice.getByRole("button", { name: "Make the group of 2" }).click();
  await alice.getByText("cannot have characters that turn").waitFor();
  await alice.getByLabel("Name of the group").fill("Team");
  await alice.getByRole("button", { name: "Make the group of 2" }).click();
  await alice.getByTestId("system").getByText("You made this group").waitFor();
  await row(bob, "Team").click();
  await write(alice, "Welcome all");
  await message(bob, "Welcome all").waitFor();

  await bob.getByRole("textbox", { name: "Message Team" }).pressSequentially("@Ali");
  await bob.getByRole("option", { name: "Alice" }).waitFor();
  await bob.keyboard.press("Enter");
  await bob.keyboard.type("thanks");
  await bob.keyboard.press("Enter");
  await message(alice, "@Alice thanks").locator(".mention-me").waitFor();

  const details = alice.getByRole("complementary", { name: "Details" });
  await details.getByRole("button", { name: "Rename the group" }).click();
  await details.getByLabel("Name of the group").fill("Team Blue");
  await details.getByRole("button", { name: "Save" }).click();
  await row(bob, "Team Blue").waitFor();
  await bob.getByTestId("system").getByText(/Alice.* named it .*Team Blue/).waitFor();

  await details.getByRole("button", { name: "Add", exact: true }).click();
  await alice.getByRole("combobox", { name: "People" }).fill("33");
  await alice.keyboard.press("Enter");
  await alice.getByRole("dialog").getByRole("button", { name: "Add", exact: true }).click();
  await details.getByText("Members · 3").waitFor();

  await details.getByRole("button", { name: "Actions for Bob" }).click();
  await alice.getByRole("menuitem", { name: "Hand the group over" }).click();
  await alice.getByRole("button", { name: "Hand over", exact: true }).click();
  const member = bob.getByTestId("member").filter({ hasText: "Bob" });
  await member.getByText(/Owner/).waitFor();
  await bob.getByRole("button", { name: "Actions for Alice" }).click();
  await bob.getByRole("menuitem", { name: "Remove from the group" }).click();
  await bob.getByRole("button", { name: "Remove", exact: true }).click();
  await alice.getByTestId("no-access").getByText("You cannot open this conversation").waitFor();
  await row(alice, "Team Blue").waitFor({ state: "detached" });

  await bob.getByRole("button", { name: "Leave the group" }).click();
  await bob.getByRole("button", { name: "Leave", exact: true }).click();
  await row(bob, "Team Blue").waitFor({ state: "detached" });
  assert.deepEqual(people.errors, []);
});
