/** All files of a conversation on the page, in a real Chromium: by mouse and by keyboard, beside the conversation and on a phone. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { plain } from "../files/content/images.ts";
import { OPTIONS } from "../support/browser.ts";
import { HeldCommands } from "../support/held_commands.ts";
import { clientOf, groupOf, People, row } from "../support/people.ts";
import { Program } from "../support/program.ts";
import type { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const ME = { user: "1", name: "Alice" };
const PHOTOS = 130;
const FILES = 65;

Deno.test(
  "page: all files of a conversation, page by page, with the keyboard",
  OPTIONS,
  async () => {
    await using program = await start();
    await using people = new People(program.url);
    await using bob = await clientOf(program.webSocketUrl, { user: "2", name: "Bob" });
    const conversation = await filled(program, bob);
    const page = await people.open(ME);
    await row(page, "Trip").click();
    const details = page.getByRole("complementary", { name: "Details" });
    await details.getByText(`Files · ${PHOTOS + FILES}`).waitFor();
    assert.equal(await details.getByRole("link", { name: /^file/ }).count(), 4);
    await details.getByRole("button", { name: "See all files" }).press("Enter");

    const pane = page.getByRole("complementary", { name: "Files" });
    await waitFor("the heading has the focus", async () => await focusIn(page, "H2") === "Files");
    assert.match(page.url(), new RegExp(`#/chats/${conversation}/details/files$`));
    await pane.getByRole("button", { name: `Photos ${PHOTOS}`, pressed: true }).waitFor();
    const photos = pane.getByRole("list", { name: "Photos" }).getByRole("button");
    await count(photos, 60);
    assert.equal(await pane.locator("li [tabindex='0']").count(), 1, "one stop of the Tab key");

    // Arrows go through the grid, the end of it brings more.
    await photos.first().focus();
    await page.keyboard.press("ArrowRight");
    await focused(page, `Photo: photo ${PHOTOS - 1}`);
    await page.keyboard.press("ArrowDown");
    await focused(page, `Photo: photo ${PHOTOS - 4}`);
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowLeft");
    await focused(page, `Photo: photo ${PHOTOS}`);
    await page.keyboard.press("End");
    await count(photos, 120);
    await page.keyboard.press("End");
    await count(photos, PHOTOS);
    await page.keyboard.press("End");
    await focused(page, "Photo: photo 1");
    await page.keyboard.press("Enter");
    const gallery = page.getByRole("dialog", { name: "Photos" });
    await gallery.getByText(`· 1 of ${PHOTOS}`).waitFor();
    await page.keyboard.press("ArrowRight");
    await gallery.getByText("photo 2", { exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await gallery.waitFor({ state: "detached" });
    await focused(page, "Photo: photo 1");

    // The others are lines.
    await pane.getByRole("button", { name: `Files ${FILES}` }).click();
    const files = pane.getByRole("list", { name: "Files" }).getByRole("link");
    await count(files, 60);
    await files.first().focus();
    await page.keyboard.press("End");
    await count(files, FILES);
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowDown");
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      page.keyboard.press("Enter"),
    ]);
    assert.equal(saved.suggestedFilename(), `file-${FILES - 1}.txt`);

    // What comes is the first, and what is taken back goes.
    const file = await upload(program.url, "new.txt", "new");
    const { message } = await bob.command("message", { conversation, kind: "file", file });
    await pane.getByRole("button", { name: `Files ${FILES + 1}` }).waitFor();
    assert.match(await files.first().textContent() ?? "", /^new\.txtBob · .* · 3\sbytes · TXT/);
    await bob.command("unsend", { message: (message as { id: number }).id });
    await pane.getByRole("button", { name: `Files ${FILES}`, exact: true }).waitFor();
    assert.match(await files.first().textContent() ?? "", new RegExp(`^file-${FILES}\\.txt`));

    // Escape leads back to where one was, and so does the browser's back.
    await files.first().focus();
    await page.keyboard.press("Escape");
    await focused(page, "See all files");
    assert.match(page.url(), /\/details$/);
    await page.goBack();
    await pane.waitFor();
    await pane.getByRole("button", { name: "Back to the details" }).click();
    await focused(page, "See all files");
    assert.deepEqual(people.errors, []);
  },
);

Deno.test("page: all files of a conversation on a phone, and right to left", OPTIONS, async () => {
  await using program = await start();
  await using people = new People(program.url);
  await using bob = await clientOf(program.webSocketUrl, { user: "2", name: "Bob" });
  await filled(program, bob, 20, 20);
  const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
  const page = await people.open(ME, { ...phone, reducedMotion: "reduce" });
  await row(page, "Trip").click();
  await page.getByRole("button", { name: "Details" }).click();
  await page.getByRole("button", { name: "See all files" }).click();
  const pane = page.getByRole("complementary", { name: "Files" });
  const photos = pane.getByRole("list", { name: "Photos" }).getByRole("button");
  await count(photos, 20);
  assert.equal(await overflow(page), 0);
  const box = await photos.first().boundingBox();
  assert.ok(box !== null && box.width >= 100 && box.width <= 110, `${box?.width}`);
  await pane.getByRole("button", { name: "Files 20" }).click();
  await count(pane.getByRole("list", { name: "Files" }).getByRole("link"), 20);
  assert.equal(await overflow(page), 0);

  await page.evaluate("document.documentElement.dir = 'rtl'");
  await pane.getByRole("button", { name: "Photos 20" }).click();
  await photos.first().focus();
  await page.keyboard.press("ArrowLeft");
  await focused(page, "Photo: photo 19");
  assert.equal(await overflow(page), 0);
  await page.goBack();
  await page.getByRole("button", { name: "See all files" }).waitFor();
  await page.reload();
  await page.getByRole("button", { name: "See all files" }).waitFor();
  assert.deepEqual(people.errors, []);
});

Deno.test(
  "page: where the files cannot be listed, it says so and tries again",
  OPTIONS,
  async () => {
    await using program = await start();
    await using people = new People(program.url);
    await using bob = await clientOf(program.webSocketUrl, { user: "2", name: "Bob" });
    await filled(program, bob, 12, 0);
    const commands = new HeldCommands();
    const page = await people.open(ME, { prepare: (page) => commands.watch(page) });
    await row(page, "Trip").click();
    await page.getByText("Files · 12").waitFor();
    commands.hold("files");
    await page.getByRole("button", { name: "See all files" }).click();
    const pane = page.getByRole("complementary", { name: "Files" });
    await pane.getByText("Loading…").waitFor();
    await commands.get(2);
    for (const { refuse } of commands.held.splice(0)) refuse("The database rests");
    await pane.getByRole("alert").getByText("The files cannot be listed now: The database rests")
      .waitFor();
    await commands.stop();
    await pane.getByRole("button", { name: "Try again" }).click();
    await count(pane.getByRole("list", { name: "Photos" }).getByRole("button"), 12);
    assert.equal(await pane.getByRole("group", { name: "Filter" }).count(), 0, "there is one kind");
    assert.deepEqual(people.thrown, []);
  },
);

function start(): Promise<Program> {
  return Program.start({
    env: { APP_RATE_CHAT: "off", APP_RATE_LIMIT: "off", APP_RATE_MESSAGES: "off" },
  });
}

/** A group with photos, then files, then so many words that no file is among the last messages. */
async function filled(
  { url }: Program,
  bob: TestClient,
  photos = PHOTOS,
  files = FILES,
): Promise<number> {
  const conversation = await groupOf(bob, "Trip", { members: [ME.user] });
  const bytes = await plain("image/jpeg", { width: 400, height: 300 });
  const picture = await upload(url, "photo.jpg", bytes.slice());
  const messages = [
    ...Array.from({ length: photos }, (_, at) => ({
      ...{ kind: "image", file: picture, text: `photo ${at + 1}` },
    })),
    ...await Promise.all(Array.from({ length: files }, async (_, at) => ({
      kind: "file",
      file: await upload(url, `file-${at + 1}.txt`, `${at}`),
    }))),
    ...Array.from({ length: 80 }, (_, at) => ({ text: `word ${at}` })),
  ];
  for (const message of messages) await bob.command("message", { conversation, ...message });
  return conversation;
}

/** Uploads a file as Bob does. */
async function upload(url: string, name: string, body: BodyInit): Promise<string> {
  const answer = await fetch(`${url}/api/files?user_id=2&name=${name}`, { method: "POST", body });
  assert.equal(answer.status, 201);
  return (await answer.json()).id;
}

async function count(found: Locator, expected: number): Promise<void> {
  await waitFor(`${expected} are listed`, async () => {
    const there = await found.count();
    if (there === expected) return true;
    throw new Error(`${there} are`);
  });
}

/** Waits until the focus is on something of this name, or with a picture of this name in it. */
async function focused(page: Page, name: string): Promise<void> {
  await waitFor(`'${name}' has the focus`, async () => {
    const now = await page.evaluate(
      "document.activeElement.getAttribute('aria-label') ?? document.activeElement.querySelector('img')?.alt",
    );
    if (now === name) return true;
    throw new Error(`${now} has it`);
  });
}

function focusIn(page: Page, tag: string): Promise<unknown> {
  return page.evaluate(
    `document.activeElement.tagName === "${tag}" && document.activeElement.textContent`,
  );
}

function overflow(page: Page): Promise<number> {
  return page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
}
