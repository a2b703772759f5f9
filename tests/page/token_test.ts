/** The page of a server that asks for tokens, in a real Chromium. */
import assert from "node:assert/strict";
import { openContext, OPTIONS } from "../support/browser.ts";
import { connected, hears, say } from "../support/page.ts";
import { Program } from "../support/program.ts";
import { APP_KEY, connectionToken, nowSeconds } from "../support/tokens.ts";

Deno.test("page: a token lets in, is kept for the tab alone, and is needed", OPTIONS, async () => {
  await using program = await Program.start({ env: { APP_KEY } });
  await using context = await openContext();
  const page = await context.newPage();
  await page.goto(program.url);
  assert.equal(await page.getByTestId("open-mode").count(), 0);
  const form = page.getByRole("form", { name: "Connect" });
  await form.getByLabel("User ID").fill("123");
  await form.getByLabel("Name").fill("Alice");
  await form.getByLabel("Room").fill("lobby");
  const field = form.getByLabel("Token");
  assert.equal(await field.getAttribute("type"), "password");
  await form.getByRole("button", { name: "Connect" }).click();
  await form.getByText("Enter a token.").waitFor();

  await field.fill(await connectionToken({ exp: nowSeconds() - 60 }));
  await form.getByRole("button", { name: "Connect" }).click();
  await page.getByText(/The token has expired/).waitFor();

  await page.evaluate("sessionStorage.clear()");
  await page.reload();
  await field.fill(await connectionToken());
  await form.getByRole("button", { name: "Connect" }).click();
  await connected(page);
  await say(page, "Let in");
  await hears(page, "Let in");
  await page.reload();
  await connected(page);
  const kept = await page.evaluate("[JSON.stringify(localStorage), location.href].join()");
  assert.doesNotMatch(String(kept), /eyJ/);

  const tab = await context.newPage();
  await tab.goto(program.url);
  await tab.getByLabel("Token").waitFor(); // it has none of its own
});

Deno.test(
  "page: a browser whose storage is full lets in, and forgets no more than a reload does",
  OPTIONS,
  async () => {
    await using program = await Program.start({ env: { APP_KEY } });
    await using context = await openContext();
    const page = await context.newPage();
    const errors: string[] = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    await page.goto(program.url);
    const form = page.getByRole("form", { name: "Connect" });
    await form.getByLabel("Token").waitFor(); // filling takes long, and the page waits for its settings no longer than that
    await page.evaluate(FILL);
    await form.getByLabel("User ID").fill("123");
    await form.getByLabel("Name").fill("Alice");
    await form.getByLabel("Room").fill("lobby");
    await form.getByLabel("Token").fill(await connectionToken());
    await form.getByRole("button", { name: "Connect" }).click();
    await connected(page);
    await say(page, "Let in");
    await hears(page, "Let in");
    assert.deepEqual(errors, []);
    await page.reload();
    await page.getByLabel("Token").waitFor();
  },
);

/** Fills both storages to the last character. */
const FILL = `for (const storage of [localStorage, sessionStorage]) {
  for (let size = 1 << 22; size >= 1; ) {
    try {
      storage.setItem("x" + storage.length, "x".repeat(size));
    } catch {
      size >>= 1;
    }
  }
}`;
