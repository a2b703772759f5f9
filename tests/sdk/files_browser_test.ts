/** Files in a browser: chosen by a user, sent in a conversation, in two tabs that share what waits. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { becomesTrue } from "../support/becomes_true.ts";
import { openContext, OPTIONS } from "../support/browser.ts";
import { sha256, someBytes } from "../support/fake_files.ts";
import { Program } from "../support/program.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";

const LENGTH = 3_000_000;

for (const shared of [true, false]) {
  const how = shared ? "over one SharedWorker" : "each over its own connection";
  Deno.test(
    `SDK files in a browser: a file is sent in one of two tabs, ${how}`,
    OPTIONS,
    async () => {
      await using program = await Program.start();
      await using context = await openContext();
      await context.route(
        "**/chat.html*",
        (route) => route.fulfill({ contentType: "text/html", body: PAGE }),
      );
      let isHeld = true;
      await context.route("**/api/uploads/*", async (route) => {
        if (!isHeld || route.request().method() !== "PATCH") await route.continue();
        // else it is under way until its page is left
      });
      const address = `${program.url}/chat.html?shared=${shared}`;
      const [one, other] = [await context.newPage(), await context.newPage()];
      await one.goto(address);
      await choose(one, "held.bin", someBytes(LENGTH));
      await shows(one, "pending held.bin 0");
      await other.goto(address);
      await isOpen(other);
      // What a tab finds in the store is looked at once the locks of all tabs are known.
      await other.evaluate("navigator.locks.query()");
      assert.equal(await other.textContent("ul"), "", "the other tab has the file");

      assert.deepEqual(await unsentIn(one, other), [1, 0], "what a tab loses is its own");
      await one.reload();
      await shows(one, "file_lost held.bin");
      assert.deepEqual(await unsentIn(one, other), [0, 0]);
      isHeld = false;
      await one.evaluate("chat.discard(chat.messages[0])");
      await choose(one, "sent.bin", someBytes(LENGTH));
      for (const tab of [one, other]) await shows(tab, "sent sent.bin");
      const link = await other.getAttribute("a", "href");
      assert.equal(sha256(await (await fetch(link ?? "")).bytes()), sha256(someBytes(LENGTH)));
    },
  );
}

Deno.test(
  "SDK files in a browser: whom a cookie says has files uploaded",
  OPTIONS,
  async () => {
    await using program = await Program.start({ env: { APP_KEY } });
    await using context = await openContext();
    await context.route(
      "**/chat.html*",
      (route) => route.fulfill({ contentType: "text/html", body: PAGE }),
    );
    const value = await connectionToken({ sub: "1" });
    const cookie = { name: "notifyli_token", value, url: program.url };
    await context.addCookies([{ ...cookie, httpOnly: true, sameSite: "Strict" }]);
    const page = await context.newPage();
    await page.goto(`${program.url}/chat.html?shared=true`);
    await choose(page, "sent.bin", someBytes(LENGTH));
    await shows(page, "sent sent.bin");
    const { files } = await (await fetch(`${program.url}/api/files`, {
      headers: { authorization: `Bearer ${value}` },
    })).json();
    assert.deepEqual(files.map(({ name }: { name: string }) => name), ["sent.bin"]);
  },
);

/** How many files each tab would lose. */
async function unsentIn(...tabs: readonly Page[]): Promise<unknown[]> {
  return await Promise.all(tabs.map((tab) => tab.evaluate("client.unsentFiles")));
}

async function choose(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  await isOpen(page);
  const file = { name, mimeType: "application/octet-stream", buffer: Buffer.from(bytes) };
  await page.setInputFiles("input", file);
}

async function isOpen(page: Page): Promise<void> {
  await becomesTrue(page, "globalThis.chat?.state === 'ready'");
}

async function shows(page: Page, text: string): Promise<void> {
  await becomesTrue(page, `document.querySelector("ul").textContent === ${JSON.stringify(text)}`);
}

const PAGE = `<!doctype html><meta charset="utf-8"><input type="file"><ul></ul>
<script type="module">
  import { connect, sharedTransport } from "/notifyli.js";
  const isShared = new URLSearchParams(location.search).get("shared") === "true";
  const transport = isShared ? sharedTransport("/notifyli-worker.js") : undefined;
  const client = globalThis.client = connect({ userId: 1, name: "Alice", storage: localStorage, transport });
  const { id } = await client.conversations.private(2);
  const chat = globalThis.chat = client.conversation(id);
  const list = document.querySelector("ul");
  const show = ({ status, error, file, progress }) => {
    const link = document.createElement("a");
    link.href = client.fileUrl(file);
    link.textContent = [error?.code ?? status, file.name, progress?.sent].filter(String).join(" ").trim();
    return link;
  };
  const showAll = () => list.replaceChildren(...chat.messages.map(show));
  chat.on("messages", showAll);
  showAll();
  document.querySelector("input").onchange = ({ target }) => void chat.send({ file: target.files[0] });
</script>`;
