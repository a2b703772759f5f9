/** Files on the page at both ends of its widths and in both looks: what is seen of them, and how well; swipes; right to left. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Locator, Page } from "playwright-core";
import { plain } from "../files/content/images.ts";
import { OPTIONS } from "../support/browser.ts";
import { type Look, looksRight as looks, overflow } from "../support/look.ts";
import { clientOf, groupOf, People, row, write } from "../support/people.ts";
import { Program } from "../support/program.ts";
import type { TestClient } from "../support/test_client.ts";

/** The parts of the page that have to do with files. */
const PARTS = ".file-row, .photo-upload, .tray, .tray-problems, .gallery, .pop";

Deno.test("page: files can be read at 360 and 1440 px, in both looks", OPTIONS, async () => {
  await using world = await World.open();
  const { page } = world;
  const log = page.getByRole("log");
  await fetch(`${world.url}/api/files/${world.gone}`, { method: "DELETE" });
  await log.getByTestId("file").filter({ hasText: "gone.txt" }).click();
  await log.getByText("This file is not there any more.").waitFor();
  await looksRight(page, "the log");

  await choose(page, [
    await picture("small.jpg"),
    { name: `${"a long name ".repeat(9)}.txt`, bytes: new Uint8Array(9) },
    { name: "huge.bin", bytes: new Uint8Array((1 << 20) + 1) },
  ]);
  await page.getByRole("alert").getByText("huge.bin has").waitFor();
  await looksRight(page, "the tray", page.getByTestId("attached").first());

  await page.route(/\/api\/files\?/, () => {}); // nothing of it comes to the server
  await write(page, "On their way");
  await page.getByTestId("sending").nth(1).waitFor();
  await looksRight(page, "what is on its way", page.getByTestId("sending").first());

  page.once("dialog", (dialog) => void dialog.accept());
  await page.reload();
  await page.locator("[data-delivery=failed]").nth(1).waitFor();
  await looksRight(page, "what was lost", page.locator("[data-delivery=failed]").first());
  await page.unroute(/\/api\/files\?/);
  await page.setViewportSize({ width: 1440, height: 800 });
  for (let left = 2; left > 0; left--) {
    await page.locator("[data-delivery=failed]").nth(left - 1).getByRole("button", {
      name: "Delete",
    }).click();
  }

  await log.getByRole("button", { name: "Photo: The last" }).click();
  const gallery = page.getByRole("dialog", { name: "Photos" });
  await gallery.getByText("The last", { exact: true }).waitFor();
  await looksRight(page, "the gallery", gallery, { isDark: true });
  await page.keyboard.press("Escape");

  await fetch(`${world.url}/api/users/1/notifications`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ attachments: [world.kept], image: world.image, from: "Shop" }),
  });
  const inbox = page.getByRole("dialog", { name: "Notifications" });
  await page.getByRole("button", { name: "Notifications, 1 unread" }).click();
  await inbox.getByText("kept.txt").waitFor();
  assert.equal(
    await inbox.getByText("last.jpg").count(),
    0,
    "what the files are called is said once",
  );
  await looksRight(page, "the inbox", inbox, { widths: [1440] });
  const buttons = await inbox.getByRole("button", { name: /^(Archive|Delete) the/ }).all();
  const [file] = await Promise.all([boxOf(inbox.locator(".file"))]);
  for (const button of buttons) {
    const { y, height } = await boxOf(button);
    const isBeside = y >= file.y + file.height || y + height <= file.y;
    assert.ok(isBeside, "the buttons do not lie on the file");
  }
  await page.setViewportSize({ width: 360, height: 800 });
  await page.getByRole("link", { name: "Back to the chats" }).click();
  await page.getByRole("button", { name: "Notifications", exact: true }).click();
  await inbox.getByText("kept.txt").waitFor();
  await looksRight(page, "the inbox", inbox, { widths: [360] });
  assert.deepEqual(world.people.errors.filter((error) => !/404/.test(error)), []);
});

Deno.test("page: a finger goes from picture to picture, also right to left", OPTIONS, async () => {
  await using world = await World.open({
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
  });
  const { page } = world;
  await page.getByRole("button", { name: "Details" }).click();
  await page.getByTestId("files").getByRole("button", { name: "Photo: middle.jpg" }).click();
  const gallery = page.getByRole("dialog", { name: "Photos" });
  const isAt = (at: number) => gallery.getByText(`· ${at} of 3`).waitFor();
  await isAt(2);
  await swipe(page, { right: -100 });
  await isAt(3);
  await swipe(page, { right: 100, down: 40 });
  await isAt(2);
  await swipe(page, { right: 70, down: 140 });
  await swipe(page, { right: 40 });
  await swipe(page, { right: 100, fingers: 2 });
  await isAt(2);

  await page.evaluate("document.documentElement.dir = 'rtl'");
  await swipe(page, { right: 100 });
  await isAt(3);
  await swipe(page, { right: -100 });
  await isAt(2);
  await page.keyboard.press("ArrowLeft");
  await isAt(3);
  await page.keyboard.press("ArrowRight");
  await isAt(2);
  const [previous, next] = await Promise.all(
    ["Previous photo", "Next photo"].map((name) => boxOf(gallery.getByRole("button", { name }))),
  );
  assert.ok(previous!.x > next!.x, "the one before is at the right");
  const about = gallery.getByText("· 2 of 3");
  assert.equal(await about.evaluate(DIRECTION), "ltr", "the words are in English all the same");
  assert.equal(await overflow(page), 0);
  await gallery.getByRole("button", { name: "Next photo" }).click();
  await isAt(3);
  assert.deepEqual(world.people.errors, []);
});

// deno-lint-ignore no-explicit-any -- it runs in the page
const DIRECTION = (element: any) => (globalThis as any).getComputedStyle(element).direction;

interface Given {
  readonly name: string;
  readonly bytes: Uint8Array;
}

function looksRight(
  page: Page,
  what: string,
  shown?: Locator,
  look: Omit<Look, "parts"> = {},
): Promise<void> {
  return looks(page, what, { ...look, parts: PARTS, ...(shown && { shown }) });
}

/** A conversation with files of all kinds, which is open. */
class World implements AsyncDisposable {
  private constructor(
    readonly url: string,
    readonly people: People,
    readonly page: Page,
    readonly gone: string,
    readonly kept: string,
    readonly image: string,
    readonly parts: AsyncDisposable,
  ) {}

  static async open(options: Parameters<People["open"]>[1] = {}): Promise<World> {
    await using parts = new AsyncDisposableStack();
    const server = parts.use(await Program.start({ env: { FILES_MAX_BYTES: "1m" } }));
    const { url, webSocketUrl } = server;
    const me = { user: "1", name: "Alice" };
    const alice = parts.use(await clientOf(webSocketUrl, me));
    const bob = parts.use(await clientOf(webSocketUrl, { user: "2", name: "Bob" }));
    const conversation = await groupOf(alice, "Trip", { members: ["2"] });
    const stored = (user: string, { name, bytes }: Given) => upload(url, user, name, bytes);
    const say = (client: TestClient, message: object) =>
      client.command("message", { conversation, ...message });
    const [kept, gone, image] = [
      await stored("2", { name: "kept.txt", bytes: new Uint8Array(2_000) }),
      await stored("2", { name: "gone.txt", bytes: new Uint8Array(20) }),
      await stored("1", await picture("last.jpg")),
    ];
    await say(bob, { kind: "image", file: await stored("2", await picture("first.jpg")) });
    await say(alice, { kind: "image", file: await stored("1", await picture("middle.jpg")) });
    await say(bob, { kind: "file", file: kept, text: "As we said" });
    await say(alice, { kind: "file", file: await stored("1", await picture("own.jpg")) });
    await say(bob, { kind: "file", file: "https://files.invalid/plan.pdf" });
    await say(bob, { kind: "file", file: gone });
    await say(alice, { kind: "image", file: image, text: "The last" });
    const people = parts.use(new People(url));
    const page = await people.open(me, options);
    await row(page, "Trip").click();
    await page.getByRole("log").getByText("The last").waitFor();
    return new World(url, people, page, gone, kept, image, parts.move());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.parts[Symbol.asyncDispose]();
  }
}

async function upload(url: string, user: string, name: string, bytes: Uint8Array): Promise<string> {
  const answer = await fetch(`${url}/api/files?name=${name}&user_id=${user}`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: bytes.slice(),
  });
  return (await answer.json()).id;
}

async function picture(name: string): Promise<Given> {
  return { name, bytes: await plain("image/jpeg", { width: 900, height: 600 }) };
}

async function choose(page: Page, files: readonly Given[]): Promise<void> {
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"),
    page.getByRole("button", { name: "Attach files" }).click(),
  ]);
  const mimeType = "application/octet-stream";
  await chooser.setFiles(files.map(({ name, bytes }) => ({
    name,
    mimeType: name.endsWith(".jpg") ? "image/jpeg" : mimeType,
    buffer: Buffer.from(bytes),
  })));
}

/** Moves fingers over the middle of the page, as a touch screen does. */
async function swipe(
  page: Page,
  { right, down = 0, fingers = 1 }: { right: number; down?: number; fingers?: number },
): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const points = (part: number) =>
    Array.from({ length: fingers }, (_, id) => ({
      ...{ x: 180 + right * part, y: 300 + down * part + id * 120, id },
    }));
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", part?: number) =>
    session.send("Input.dispatchTouchEvent", {
      type,
      touchPoints: part === undefined ? [] : points(part),
    });
  await touch("touchStart", 0);
  for (const part of [0.25, 0.5, 0.75, 1]) await touch("touchMove", part);
  await touch("touchEnd");
  await session.detach();
}

async function boxOf(locator: Locator) {
  return await locator.boundingBox() ?? assert.fail("it is not to be seen");
}
