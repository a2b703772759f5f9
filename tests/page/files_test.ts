/** Files on the page: two people send pictures and files in a real Chromium, against the real server. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { plain } from "../files/content/images.ts";
import { OPTIONS } from "../support/browser.ts";
import { freePort } from "../support/free_port.ts";
import { clientOf, groupOf, People, row, write } from "../support/people.ts";
import { Program } from "../support/program.ts";
import { sharedProgram } from "../support/shared_program.ts";
import { waitFor } from "../support/wait.ts";

const program = sharedProgram({});

interface Given {
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: Uint8Array;
}

Deno.test("page: files are chosen, pasted and dropped, and come in order", OPTIONS, async () => {
  const { url, webSocketUrl } = program();
  await using people = new People(url);
  const { alice, bob } = await pairIn(people, webSocketUrl, "Team");
  const large = await picture("large.jpg", 1600, 900);
  const small = await picture("small.jpg", 300, 200);

  await choose(alice, [large, text("notes.txt", "first")]);
  await attached(alice).nth(1).getByText("notes.txt").waitFor();
  await alice.getByRole("button", { name: "Remove large.jpg" }).click();
  assert.equal(await attached(alice).count(), 1);
  await focused(alice, "Remove notes.txt");
  await alice.keyboard.press("Enter");
  await attached(alice).waitFor({ state: "detached" });
  await focused(alice, "Message Team");

  await choose(alice, [large]);
  await paste(alice, small);
  await attached(alice).nth(1).waitFor();
  await drag(alice, "dragover", [text("report \u202efdp.txt", "second")]);
  await alice.getByTestId("drop-target").getByText("Drop files to send them to Team").waitFor();
  await drag(alice, "drop", [text("report \u202efdp.txt", "second")]);
  await alice.getByTestId("drop-target").waitFor({ state: "detached" });
  await alice.getByRole("status").getByText("3 files are attached").waitFor();
  await write(alice, "From the fair");
  await fileOf(bob).getByText(/report.*txt/).waitFor();
  assert.deepEqual(await said(bob), ["Photo: large.jpg", "Photo: small.jpg", "From the fair"]);

  const [first, second] = [photo(bob, "large.jpg"), photo(bob, "small.jpg")];
  await loaded(first);
  await loaded(second);
  const sources = await first.getAttribute("srcset") ?? "";
  assert.match(await first.getAttribute("src") ?? "", /thumbnail=640/);
  assert.match(sources, /thumbnail=320 320w, .*thumbnail=640 640w, .*thumbnail=1280 1280w/);
  assert.doesNotMatch(await second.getAttribute("src") ?? "", /thumbnail/);
  const [box] = await Promise.all([first.boundingBox()]);
  assert.deepEqual([box?.width, box?.height], [400, 225], "as large as it was kept free");

  const [download] = await Promise.all([bob.waitForEvent("download"), fileOf(bob).click()]);
  assert.equal(await Deno.readTextFile(await download.path()), "second");

  // The list, and the details and the details have words and pictures for them.
  await choose(alice, [text("plan.txt", "third")]);
  await alice.getByRole("textbox", { name: /^Message / }).press("Enter");
  await row(bob, "Team").getByText("plan.txt").waitFor();
  const details = bob.getByRole("complementary", { name: "Details" }).getByTestId("files");
  await details.getByText("plan.txt").waitFor();
  assert.equal(await details.getByRole("button", { name: /^Photo/ }).count(), 2);

  await using client = await clientOf(webSocketUrl, { user: "1", name: "Alice" });
  const conversation = Number(/chats\/(\d+)/.exec(bob.url())?.[1]);
  const file = "https://files.invalid/a/old%20photo.jpg";
  await client.command("message", { conversation, kind: "image", file });
  const elsewhere = fileOf(bob).filter({ hasText: "old photo.jpg" });
  await elsewhere.getByText("files.invalid").waitFor();
  assert.equal(await elsewhere.getAttribute("rel"), "noopener noreferrer nofollow");
  assert.deepEqual(people.errors, []);
});

Deno.test("page: pictures are looked at with the keyboard alone", OPTIONS, async () => {
  const { url, webSocketUrl } = program();
  await using people = new People(url);
  const { alice, bob } = await pairIn(people, webSocketUrl, "Trip");
  const names = ["one.jpg", "two.jpg", "three.jpg"];
  await choose(alice, await Promise.all(names.map((name) => picture(name, 800, 600))));
  await alice.getByRole("textbox", { name: /^Message / }).fill("The last one");
  await alice.keyboard.press("Enter");
  await loaded(photo(bob, "The last one"));

  await bob.getByRole("log").press("End");
  await bob.keyboard.press("Enter");
  const gallery = bob.getByRole("dialog", { name: "Photos" });
  await gallery.getByText("· 3 of 3").waitFor();
  await gallery.getByText("The last one", { exact: true }).waitFor();
  await bob.keyboard.press("ArrowLeft");
  await gallery.getByRole("img", { name: "Photo: two.jpg" }).waitFor();
  await bob.keyboard.press("Home");
  await gallery.getByText("· 1 of 3").waitFor();
  await bob.keyboard.press("ArrowLeft");
  await gallery.getByText("· 1 of 3").waitFor();
  await bob.keyboard.press("End");
  await gallery.getByText("· 3 of 3").waitFor();
  const [saved] = await Promise.all([
    bob.waitForEvent("download"),
    gallery.getByRole("link", { name: /^Download three.jpg/ }).press("Enter"),
  ]);
  assert.equal(saved.suggestedFilename(), "three.jpg");
  await bob.keyboard.press("Escape");
  await gallery.waitFor({ state: "detached" });
  const key = await bob.evaluate("document.activeElement.dataset.row");
  const last = bob.getByTestId("message").filter({ hasText: "The last one" });
  assert.equal(key, await last.getAttribute("data-row"), "the focus is where it was");
  assert.deepEqual(people.errors, []);
});

Deno.test(
  "page: an upload says how far it is, is ended, and waits for the server",
  OPTIONS,
  async () => {
    await using stack = new AsyncDisposableStack();
    const dataDir = await Deno.makeTempDir();
    stack.defer(() => Deno.remove(dataDir, { recursive: true }));
    const env = { APP_PORT: String(freePort()) };
    let server = await Program.start({ env, dataDir });
    stack.defer(() => server[Symbol.asyncDispose]());
    const people = stack.use(new People(server.url));
    const { alice, bob } = await pairIn(people, server.webSocketUrl, "Team");

    const held: (() => void)[] = [];
    let pieces = 0;
    await alice.route(/\/api\/uploads\//, (route) => {
      if (route.request().method() !== "PATCH" || ++pieces === 1) return route.continue();
      held.push(() => void route.continue().catch(() => {}));
    });
    const video: Given = { ...text("video.bin", ""), bytes: new Uint8Array(3 << 20) };
    await choose(alice, [video]);
    await write(alice, "The video");
    const sending = alice.getByTestId("sending");
    await sending.getByText("1 of 3 MB · 33 %").waitFor();
    const bar = sending.getByRole("progressbar", { name: "Sending video.bin" });
    assert.equal(await bar.getAttribute("aria-valuenow"), "33");
    await sending.getByRole("button", { name: "Cancel video.bin" }).click();
    await sending.waitFor({ state: "detached" });
    await waitFor("the server keeps nothing of it", async () => await filesOf(server) === 0);
    await alice.unroute(/\/api\/uploads\//);
    for (const release of held) release();

    await server[Symbol.asyncDispose]();
    await alice.getByText("You are offline", { exact: true }).waitFor();
    await choose(alice, [await picture("away.jpg", 640, 480), text("away.txt", "kept")]);
    await write(alice, "Sent while it was away");
    await alice.getByTestId("sending").nth(1).getByText("sent later").waitFor();
    server = await Program.start({ env, dataDir });
    await loaded(photo(bob, "away.jpg"));
    await bob.getByTestId("message").filter({ hasText: "Sent while it was away" })
      .getByText("away.txt").waitFor();
    await alice.getByTestId("spoken-uploads").getByText("away.txt is sent.").waitFor({
      state: "attached",
    });
    assert.deepEqual((await said(bob)).length, 2, "each came once");
  },
);

Deno.test(
  "page: who leaves while a file is sent is asked, and what that loses is said",
  OPTIONS,
  async () => {
    const { url, webSocketUrl } = program();
    await using people = new People(url);
    const { alice, bob } = await pairIn(people, webSocketUrl, "Leaving");
    const held: (() => void)[] = [];
    await alice.route(/\/api\/uploads\//, (route) => {
      if (route.request().method() !== "PATCH") return route.continue();
      held.push(() => void route.continue().catch(() => {}));
    });
    const leave = async (answer: "stay" | "go") => {
      const asked = alice.waitForEvent("dialog");
      const gone = alice.evaluate("location.reload()").catch(() => {}); // the page goes meanwhile
      const dialog = await asked;
      assert.equal(dialog.type(), "beforeunload");
      await (answer === "stay" ? dialog.dismiss() : dialog.accept());
      await gone;
    };
    const video: Given = { ...text("video.bin", ""), bytes: new Uint8Array(3 << 20) };
    await choose(alice, [video, text("second.txt", "behind it")]);
    await write(alice, "Two of them");
    await waitFor("it is on its way", () => held.length > 0);
    await leave("stay");
    await alice.getByTestId("sending").nth(1).getByText("second.txt").waitFor();
    await leave("go");
    const lost = "Not sent: the page was left before the file was sent. Choose it again.";
    await alice.locator("[data-delivery=failed]").nth(1).getByText(lost).waitFor();

    await alice.unroute(/\/api\/uploads\//);
    for (const failed of ["video.bin", "second.txt"]) {
      await alice.locator("[data-delivery=failed]").filter({ hasText: failed })
        .getByRole("button", { name: "Delete" }).click();
    }
    await choose(alice, [video]);
    await write(alice, "Once more");
    await fileOf(bob).getByText("video.bin").waitFor();
    await alice.getByTestId("sending").waitFor({ state: "detached" });
    alice.once("dialog", (dialog) => people.errors.push(`it asks: ${dialog.type()}`));
    await alice.reload();
    await fileOf(alice).getByText("video.bin").waitFor();
    assert.deepEqual(people.errors, []);
  },
);

Deno.test("page: what is not taken says why, and what is gone says so", OPTIONS, async () => {
  await using server = await Program.start({
    env: {
      FILES_MAX_BYTES: "1m",
      FILES_USER_BYTES: "250k",
      FILES_TYPES: "image/*,text/plain",
    },
  });
  await using people = new People(server.url);
  const { alice, bob } = await pairIn(people, server.webSocketUrl, "Team");
  const half = "0123456789".repeat(15_000);
  await choose(alice, [
    text("long.txt", half.repeat(8)),
    { ...text("film.mp4", "x"), mimeType: "video/mp4" },
    text("half.txt", half),
  ]);
  const why = alice.getByRole("alert");
  await why.getByText("long.txt has 1.1 MB. A file may have 1 MB at most.").waitFor();
  await why.getByText("film.mp4 is of a kind that is not taken here (MP4).").waitFor();
  assert.equal(await attached(alice).count(), 1);
  await write(alice, "One half");
  await fileOf(bob).getByText("half.txt").waitFor();
  await choose(alice, [text("other.txt", half)]);
  await write(alice, "The other half");
  const failed = alice.locator("[data-delivery=failed]");
  await failed.getByText("Not sent: there is no room for more files.").waitFor();

  const { files } = await (await fetch(`${server.url}/api/files?user_id=1`)).json();
  const removed = await fetch(`${server.url}/api/files/${files[0].id}`, { method: "DELETE" });
  assert.equal(removed.status, 204);
  await fileOf(bob).click();
  await bob.getByRole("log").getByText("This file is not there any more.").waitFor();
  await failed.getByRole("button", { name: "Retry" }).click();
  await fileOf(bob).getByText("other.txt").waitFor();

  const disguised = text("disguised.txt", "%PDF-1.7\n%âãÏÓ\n1 0 obj");
  const table = { ...text("table.csv", "1,2"), mimeType: "text/csv" }; // text, to the server
  await choose(alice, [disguised, table]);
  await write(alice, "Take them");
  const denied = "Not sent: the server does not take files of this kind (PDF).";
  await failed.getByText(`${denied} Allowed is pictures, text.`).waitFor();
  await bob.getByTestId("message").filter({ hasText: "Take them" }).getByText("table.csv")
    .waitFor();
  await failed.getByRole("button", { name: "Delete" }).click();
  await choose(alice, [disguised]);
  await write(alice, "Take it");
  await failed.getByText(denied).waitFor();
  await failed.getByRole("button", { name: "Edit" }).click();
  await attached(alice).getByText("disguised.txt").waitFor();
  await alice.getByRole("button", { name: "Remove disguised.txt" }).click();
  await choose(alice, [await picture("a.jpg", 200, 200)]);
  await alice.getByRole("button", { name: "Send" }).click();
  await loaded(photo(bob, "Take it"));
  const [{ id }] = (await (await fetch(`${server.url}/api/files?user_id=1`)).json()).files;
  await fetch(`${server.url}/api/files/${id}`, { method: "DELETE" });
  const elsewhere = await people.open({ user: "2", name: "Bob" }); // a browser that has not got it yet
  await row(elsewhere, "Team").click();
  await elsewhere.getByTestId("message").filter({ hasText: "Take it" })
    .getByText("This file is not there any more.").waitFor();
});

Deno.test("page: on a phone there is the camera, and nothing is too wide", OPTIONS, async () => {
  const { url, webSocketUrl } = program();
  await using people = new People(url);
  const me = { user: "1", name: "Alice" };
  await using client = await clientOf(webSocketUrl, me);
  await groupOf(client, "Phone", { members: ["2"] });
  const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
  const page = await people.open(me, { ...phone, reducedMotion: "reduce" });
  await row(page, "Phone").click();
  const [camera] = await Promise.all([
    page.waitForEvent("filechooser"),
    page.getByRole("button", { name: "Take a photo" }).click(),
  ]);
  assert.equal(await camera.element().getAttribute("capture"), "environment");
  const wide = `a very long name ${"of a file ".repeat(12)}.txt`;
  await camera.setFiles([buffer(await picture("shot.jpg", 1200, 1600))]);
  await choose(page, [text(wide, "x"), text("b.txt", "x"), text("c.txt", "x")]);
  assert.equal(await overflow(page), 0);
  await page.getByRole("button", { name: "Send" }).click();
  await loaded(photo(page, "shot.jpg"));
  await fileOf(page).nth(2).waitFor();
  assert.equal(await overflow(page), 0);
  await photo(page, "shot.jpg").click();
  const gallery = page.getByRole("dialog", { name: "Photos" });
  await gallery.getByText("· 1 of 1").waitFor();
  assert.equal(await overflow(page), 0);
  await gallery.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "Details" }).click();
  await page.getByTestId("files").getByText("c.txt").waitFor();
  assert.equal(await overflow(page), 0);
  assert.deepEqual(people.errors, []);
});

Deno.test("page: a notification shows its picture and its files", OPTIONS, async () => {
  const { url } = program();
  await using people = new People(url);
  const page = await people.open({ user: "9", name: "Nora" });
  const image = await upload(url, await picture("parcel.jpg", 900, 600));
  const bill = await upload(url, text("bill.txt", "12.50"));
  const told = await fetch(`${url}/api/users/9/notifications`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ message: "It is here", image, attachments: [bill] }),
  });
  assert.ok(told.ok, await told.text());
  await page.getByRole("button", { name: "Notifications, 1 unread" }).click();
  const inbox = page.getByRole("dialog", { name: "Notifications" });
  await loaded(inbox.getByRole("img", { name: "parcel.jpg" }));
  const [saved] = await Promise.all([
    page.waitForEvent("download"),
    inbox.getByRole("link", { name: /bill.txt/ }).click(),
  ]);
  assert.equal(saved.suggestedFilename(), "bill.txt");
  assert.deepEqual(people.errors, []);
});

/** Uploads a file as an application does. Resolves with its id. */
async function upload(url: string, { name, bytes }: Given): Promise<string> {
  const response = await fetch(`${url}/api/files?name=${name}`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: bytes.slice(),
  });
  assert.equal(response.status, 201);
  return (await response.json()).id;
}

/** Two people in a group of theirs, which both have open. */
async function pairIn(people: People, webSocketUrl: string, group: string) {
  const [me, other] = [{ user: "1", name: "Alice" }, { user: "2", name: "Bob" }];
  await using client = await clientOf(webSocketUrl, me);
  await groupOf(client, group, { members: [other.user] });
  const [alice, bob] = [await people.open(me), await people.open(other)];
  for (const page of [alice, bob]) {
    await row(page, group).click();
    await page.getByRole("textbox", { name: `Message ${group}` }).waitFor();
  }
  return { alice, bob };
}

async function picture(name: string, width: number, height: number): Promise<Given> {
  return { name, mimeType: "image/jpeg", bytes: await plain("image/jpeg", { width, height }) };
}

function text(name: string, words: string): Given {
  return { name, mimeType: "text/plain", bytes: new TextEncoder().encode(words) };
}

function buffer({ name, mimeType, bytes }: Given) {
  // deno-lint-ignore no-explicit-any -- Playwright wants the buffer of Node.js, which this is in its eyes
  return { name, mimeType, buffer: globalThis.Buffer.from(bytes) as any };
}

/** Chooses files by the system's picker. */
async function choose(page: Page, files: readonly Given[]): Promise<void> {
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"),
    page.getByRole("button", { name: "Attach files" }).click(),
  ]);
  await chooser.setFiles(files.map(buffer));
}

/** Pastes a file as the browser does, without the system's clipboard, which a headless one has not. */
async function paste(page: Page, file: Given): Promise<void> {
  await dispatch(page, "paste", [file]);
}

async function drag(page: Page, kind: "dragover" | "drop", files: readonly Given[]): Promise<void> {
  await dispatch(page, kind, files);
}

async function dispatch(page: Page, kind: string, files: readonly Given[]): Promise<void> {
  const given = files.map(({ name, mimeType, bytes }) => ({
    ...{ name, mimeType },
    base64: bytes.toBase64(),
  }));
  await page.getByRole("log").evaluate(DISPATCH, { kind, given });
}

// deno-lint-ignore no-explicit-any -- it runs in the page
const DISPATCH = (log: any, { kind, given }: { kind: string; given: any[] }) => {
  // deno-lint-ignore no-explicit-any -- it runs in the page
  const page = globalThis as any;
  const transfer = new page.DataTransfer();
  for (const { name, mimeType, base64 } of given) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    transfer.items.add(new page.File([bytes], name, { type: mimeType }));
  }
  const init = { bubbles: true, cancelable: true };
  log.dispatchEvent(
    kind === "paste"
      ? new page.ClipboardEvent(kind, { ...init, clipboardData: transfer })
      : new page.DragEvent(kind, { ...init, dataTransfer: transfer }),
  );
};

function attached(page: Page): Locator {
  return page.getByTestId("attached");
}

function fileOf(page: Page): Locator {
  return page.getByRole("log").getByTestId("file");
}

/** A picture in the log. @param words its caption, or its name */
function photo(page: Page, words: string): Locator {
  return page.getByRole("log").getByRole("img", { name: `Photo: ${words}` });
}

async function loaded(image: Locator): Promise<void> {
  await image.waitFor();
  await waitFor("the picture is there", () => image.evaluate(IS_LOADED));
}

// deno-lint-ignore no-explicit-any -- it runs in the page
const IS_LOADED = (image: any) =>
  image.complete && image.naturalWidth > 0 && !image.src.startsWith("blob:");

/** What is said in the log, in order: the words of messages, and of pictures without any. */
async function said(page: Page): Promise<string[]> {
  return await page.getByTestId("message").evaluateAll(SAID);
}

// deno-lint-ignore no-explicit-any -- it runs in the page
const SAID = (messages: any[]): string[] =>
  messages.map((each) =>
    each.querySelector(".bubble-text")?.textContent ?? each.querySelector("img")?.alt ?? ""
  );

async function focused(page: Page, name: string): Promise<void> {
  await waitFor(
    `'${name}' has the focus`,
    async () => await page.evaluate("document.activeElement.getAttribute('aria-label')") === name,
  );
}

async function filesOf({ url }: Program): Promise<number> {
  return (await (await fetch(`${url}/api/files`)).json()).files.length;
}

function overflow(page: Page): Promise<number> {
  return page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
}
