/** The page at every width, in both looks, by keyboard and by what a screen reader is told. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { OPTIONS } from "../support/browser.ts";
import { message } from "../support/page.ts";
import { faint } from "../support/contrast.ts";
import { clientOf, groupOf, People, row } from "../support/people.ts";
import { sharedProgram } from "../support/shared_program.ts";

const LONG = "Anastasia Nikolaidou-Papadopoulou von und zu Hohenzollern";
const TEXTS = Array.from(
  { length: 40 },
  (_, index) =>
    index % 5 === 0 ? `مرحبا ${index} ${"a word and another ".repeat(12)}` : `Number ${index}.`,
);

const program = sharedProgram({});

Deno.test("page: every width shows its panes, by addresses that go back", OPTIONS, async () => {
  const { url, webSocketUrl } = program();
  const me = { user: "1", name: LONG };
  await using client = await clientOf(webSocketUrl, me);
  await groupOf(client, LONG, { members: ["2"], texts: TEXTS });
  await using people = new People(url);
  const page = await people.open(me);
  await row(page, LONG).click();
  await message(page, "Number 39.").waitFor();

  for (const width of [1440, 1200, 768, 360]) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: 800 });
      assert.equal(await overflow(page), 0, `at ${width} px`);
      assert.deepEqual(await faint(page), [], `in the ${colorScheme} look at ${width} px`);
      assert.deepEqual(await unnamed(page), [], `at ${width} px`);
      assert.ok(await rowCount(page) < 60, "of a long list few rows are in the page");
    }
  }
  const log = page.getByRole("log");
  const [list, details] = [
    page.getByRole("region", { name: "Chats", exact: true }),
    page.getByRole("complementary", { name: "Details" }),
  ];
  assert.equal(await list.count(), 0, "one pane at a time on a phone");
  await page.getByRole("button", { name: "Details" }).click();
  await details.waitFor();
  assert.equal(await log.count(), 0);
  await page.goBack();
  await log.waitFor();
  await page.getByRole("link", { name: "Back to the chats" }).click();
  await list.waitFor();
  assert.equal(await overflow(page), 0);
  assert.ok(await page.getByRole("navigation", { name: "Main" }).isVisible());

  await row(page, LONG).click();
  await log.waitFor();
  assert.equal(await focusedId(page), "conversation-name", "on a phone it is not the composer");
  await page.getByRole("link", { name: "Back to the chats" }).click();
  await page.getByRole("searchbox", { name: "Search" }).fill("Number 39");
  await page.getByTestId("result").filter({ hasText: "Number 39." }).click();
  await page.locator(".message-found").filter({ hasText: "Number 39." }).waitFor();
  assert.equal(await focusedId(page), "conversation-name");
  assert.deepEqual(people.errors, []);
});

Deno.test("page: all of it is done with the keyboard", OPTIONS, async () => {
  const { url, webSocketUrl } = program();
  const me = { user: "11", name: "Alice" };
  await using client = await clientOf(webSocketUrl, me);
  await groupOf(client, "Blue team", { members: ["12"] });
  await groupOf(client, "Red team", { members: ["12"], texts: ["first words", "second words"] });
  await using people = new People(url);
  const page = await people.open(me);
  await row(page, "Red team").click();

  await page.keyboard.press("Control+k");
  await page.keyboard.type("blue");
  await page.getByTestId("result").filter({ hasText: "Blue team" }).waitFor();
  await page.keyboard.press("Enter");
  const blue = page.getByRole("textbox", { name: "Message Blue team" });
  await blue.and(page.locator(":focus")).waitFor();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("second");
  await page.getByTestId("result").filter({ hasText: "second words" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator(".message-found").filter({ hasText: "second words" }).waitFor();
  await page.getByRole("button", { name: "End the search" }).click();

  const red = page.getByRole("textbox", { name: "Message Red team" });
  await red.focus();
  await page.keyboard.press("Alt+ArrowDown");
  await blue.and(page.locator(":focus")).waitFor();
  await page.keyboard.press("Alt+ArrowUp");
  await red.and(page.locator(":focus")).waitFor();
  await message(page, "second words").waitFor(); // there is something to go to
  await page.getByRole("log").focus();
  await page.keyboard.press("ArrowUp");
  await focused(page, "second words");
  await page.keyboard.press("k");
  await focused(page, "first words");
  await red.focus();
  await page.getByRole("button", { name: "Details", exact: true }).focus();
  await page.keyboard.press("k");
  await focused(page, "first words"); // where the reader was
  await page.keyboard.press("r");
  await page.getByText("Reply to yourself").waitFor();
  await page.keyboard.type("and an answer");
  await page.keyboard.press("Escape");
  await page.getByText("Reply to yourself").waitFor({ state: "detached" });
  assert.equal(await red.inputValue(), "and an answer", "what is written stays");
  await red.fill("");
  await page.keyboard.press("ArrowUp");
  await page.getByText("Edit your message").waitFor();
  assert.equal(await red.inputValue(), "second words");
  await page.keyboard.press("Escape");

  await page.getByTestId("row").first().focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog", { name: "Keyboard" }).waitFor({ state: "detached" });
  await page.locator(".skip-link").focus();
  await page.keyboard.press("Enter");
  assert.equal(await focusedId(page), "main");
  assert.deepEqual(people.errors, []);
});

Deno.test("page: whatever opens has the focus before the next key", OPTIONS, async () => {
  const { url, webSocketUrl } = program();
  const me = { user: "21", name: "Alice" };
  await using client = await clientOf(webSocketUrl, me);
  await groupOf(client, "Team", { members: ["22"] });
  await using people = new People(url);
  const page = await people.open(me);
  await row(page, "Team").waitFor();
  const press = (label: string) => `document.querySelector('[aria-label="${label}"]').click()`;
  const bell = "document.querySelector('notifyli-inbox').shadowRoot.querySelector('.bell').click()";
  const key = (init: string) =>
    `document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, ${init} }))`;
  // One that was closed before stays in the page until it is told so, which a busy browser does later.
  const close = "document.querySelector('dialog[open]').close()";
  for (
    const [act, focus, undo] of [
      [key('key: "k", ctrlKey: true'), "Search", ""],
      [key('key: "ArrowDown", altKey: true'), "Message Team", ""],
      [key('key: "ArrowUp", altKey: true'), "Message lobby", ""],
      [press("New conversation"), "People", close],
      [press("Join a room"), "new_room", close],
      ["document.activeElement.blur();" + key('key: "?"'), "Close", close],
      [bell, "Notifications", bell],
    ] as const
  ) {
    // Ten turns of the queue of microtasks, which is empty before the browser gives the page its next key.
    const found = await page.evaluate(`(async () => {
      ${act};
      for (let turn = 0; turn < 10; turn++) await undefined;
      const { activeElement: host } = document;
      const activeElement = host.shadowRoot?.activeElement ?? host;
      const found = activeElement.getAttribute("aria-label") ?? activeElement.getAttribute("name");
      ${undo};
      return found;
    })()`);
    assert.equal(found, focus, act);
  }
  assert.deepEqual(people.errors, []);
});

/** Waits until a row of the log has the focus. */
async function focused(page: Page, text: string): Promise<void> {
  await page.locator("[data-row]:focus").filter({ hasText: text }).waitFor();
}

function focusedId(page: Page): Promise<string> {
  return page.evaluate("document.activeElement.id");
}

/** How far the page scrolls sideways. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
}

function rowCount(page: Page): Promise<number> {
  return page.evaluate("document.querySelectorAll('[data-row]').length");
}

/** What can be pressed and has no name. */
function unnamed(page: Page): Promise<string[]> {
  return page.evaluate(`[document, document.querySelector("notifyli-inbox")?.shadowRoot]
    .flatMap((root) => [...root?.querySelectorAll("button, a, input, textarea") ?? []])
    .filter((each) => each.checkVisibility())
    .filter((each) => !(each.getAttribute("aria-label") || each.textContent.trim() || each.labels?.length))
    .map((each) => each.outerHTML.slice(0, 200))`);
}
