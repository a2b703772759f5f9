/** The page at every width, in both looks, by keyboard and by what a screen reader is told. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { openContext, OPTIONS } from "../support/browser.ts";
import { connected, message } from "../support/page.ts";
import { Program } from "../support/program.ts";
import { waitFor } from "../support/wait.ts";

const LONG = "Anastasia Nikolaidou-Papadopoulou von und zu Hohenzollern";

Deno.test("page: every width shows its panes, by addresses that go back", OPTIONS, async () => {
  await using program = await Program.start();
  await using context = await openContext({ viewport: { width: 1440, height: 800 } });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (line) => line.type() === "error" && errors.push(line.text()));
  await page.goto(program.url);
  await page.getByLabel("User ID").fill("1");
  await page.getByLabel("Name").fill(LONG);
  await page.getByLabel("Room").fill("lobby");
  await page.getByRole("button", { name: "Connect" }).click();
  await connected(page);
  await makeGroup(page, LONG);
  for (let index = 0; index < 40; index++) {
    await page.getByRole("textbox", { name: /^Message / }).fill(
      index % 5 === 0 ? `مرحبا ${index} ${"a word and another ".repeat(12)}` : `Number ${index}.`,
    );
    await page.keyboard.press("Enter");
  }
  await message(page, "Number 39.").and(page.locator("[data-delivery=sent]")).waitFor();

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
  assert.deepEqual(errors, []);
});

Deno.test("page: all of it is done with the keyboard", OPTIONS, async () => {
  await using program = await Program.start();
  await using context = await openContext({ viewport: { width: 1440, height: 800 } });
  const page = await context.newPage();
  await page.goto(program.url);
  await page.getByLabel("User ID").fill("1");
  await page.getByLabel("Name").fill("Alice");
  await page.getByLabel("Room").fill("lobby");
  await page.keyboard.press("Enter");
  await connected(page);
  await makeGroup(page, "Blue team");
  await makeGroup(page, "Red team");
  const composer = page.getByRole("textbox", { name: /^Message / });
  for (const text of ["first words", "second words"]) {
    await composer.fill(text);
    await page.keyboard.press("Enter");
    await message(page, text).and(page.locator("[data-delivery=sent]")).waitFor();
  }

  await page.keyboard.press("Control+k");
  await page.keyboard.type("blue");
  await page.getByTestId("result").filter({ hasText: "Blue team" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "Message Blue team" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("second");
  await page.getByTestId("result").filter({ hasText: "second words" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator(".message-found").filter({ hasText: "second words" }).waitFor();
  await page.getByRole("button", { name: "End the search" }).click();

  await page.getByRole("textbox", { name: "Message Red team" }).focus();
  await page.keyboard.press("Alt+ArrowDown");
  await page.getByRole("textbox", { name: "Message Blue team" }).waitFor();
  await page.keyboard.press("Alt+ArrowUp");
  const red = page.getByRole("textbox", { name: "Message Red team" });
  await red.waitFor();
  await page.getByRole("log").focus();
  await page.keyboard.press("ArrowUp");
  await focused(page, "second words");
  await page.keyboard.press("k");
  await focused(page, "first words");
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
  assert.equal(await page.evaluate("document.activeElement.id"), "main");
});

async function makeGroup(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "New conversation" }).click();
  await page.getByText("Group", { exact: true }).click();
  await page.getByLabel("Name of the group").fill(name);
  await page.getByRole("combobox", { name: "People" }).fill("2");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /^Make the group/ }).click();
  await page.getByRole("textbox", { name: `Message ${name}` }).waitFor(); // no other one is open now
  await page.getByTestId("system").getByText("You made this group").waitFor();
}

async function focused(page: Page, text: string): Promise<void> {
  await waitFor(`the focus is on "${text}"`, async () => {
    const now = await page.evaluate("document.activeElement.textContent");
    return String(now).includes(text);
  });
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
  return page.evaluate(`[...document.querySelectorAll("button, a, input, textarea")]
    .filter((each) => each.checkVisibility())
    .filter((each) => !(each.getAttribute("aria-label") || each.textContent.trim() || each.labels?.length))
    .map((each) => each.outerHTML.slice(0, 200))`);
}

/** Words that are too faint to be read: their contrast to the ground is below 4.5. */
function faint(page: Page): Promise<string[]> {
  return page.evaluate(FAINT);
}

const FAINT = `(() => {
  const parse = (color) => {
    const canvas = parse.canvas ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const part = (value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const color = parse(getComputedStyle(each).backgroundColor);
      if (color[3] > 250) return color;
    }
    return [255, 255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.getElementById("app"), NodeFilter.SHOW_TEXT);
  for (let text; (text = walker.nextNode());) {
    const element = text.parentElement;
    if (text.data.trim() === "" || !element.checkVisibility({ opacityProperty: true })) continue;
    if (element.closest(".visually-hidden, .connection, .skip-link, :disabled, .day-floating")) continue;
    const [ink, under] = [light(parse(getComputedStyle(element).color)), light(ground(element))];
    const contrast = (Math.max(ink, under) + 0.05) / (Math.min(ink, under) + 0.05);
    if (contrast < 4.5) found.push(text.data.slice(0, 40) + ": " + contrast.toFixed(2));
  }
  return [...new Set(found)];
})()`;
