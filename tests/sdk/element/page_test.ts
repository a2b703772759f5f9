/** `<notifyli-inbox>` in pages: before and after its token is there, twice, removed and added again, in tabs, offline. */
import assert from "node:assert/strict";
import { becomesTrue } from "../../support/becomes_true.ts";
import { OPTIONS } from "../../support/browser.ts";
import { bellOf, ElementSite, itemOf, panelOf } from "../../support/element_site.ts";
import { freePort } from "../../support/free_port.ts";
import { Manager } from "../../support/manager.ts";
import { Program } from "../../support/program.ts";
import { Proxy } from "../../support/proxy.ts";
import { APP_KEY, connectionToken } from "../../support/tokens.ts";
import { waitFor } from "../../support/wait.ts";

const PORT = freePort();
const ORIGIN = `http://127.0.0.1:${PORT}`;

/** How many connections the server has. */
async function clients(program: Program, manager: Manager): Promise<number> {
  return (await manager.stats(program))["clients"] ?? 0;
}

Deno.test(
  "element: waits for its token, by attribute or function, and ends its connection when it is gone",
  OPTIONS,
  async () => {
    await using site = new ElementSite(PORT);
    await using program = await Program.start({ env: { APP_KEY, APP_ALLOWED_ORIGINS: ORIGIN } });
    const manager = await Manager.of(program);
    const told = (user: string, text: string) =>
      manager.done(program, `/users/${user}/notifications?from=Shop`, text);
    await told("alice", "for Alice");
    await told("bob", "for Bob");
    const page = await site.open(program, "<notifyli-inbox></notifyli-inbox>");
    await bellOf(page, 0).click();
    await panelOf(page).getByRole("status", { name: "Loading" }).waitFor();
    assert.equal(await clients(program, manager), 0, "nobody is connected without a token");
    const [alice, bob] = [
      await connectionToken({ sub: "alice" }),
      await connectionToken({ sub: "bob" }),
    ];
    const set = (code: string) =>
      page.evaluate(`{ const inbox = document.querySelector("notifyli-inbox"); ${code} }`);
    await set(`inbox.setAttribute("token", ${JSON.stringify(alice)})`);
    await itemOf(page, "for Alice").waitFor();
    await set(`inbox.token = () => Promise.resolve(${JSON.stringify(bob)})`);
    await itemOf(page, "for Bob").waitFor();
    assert.equal(await itemOf(page, "for Alice").count(), 0);
    await waitFor("one connection", async () => await clients(program, manager) === 1);
    // It is moved within one task, and keeps its connection.
    await set(`document.querySelector("main").append(inbox)`);
    await told("bob", "after the move");
    await itemOf(page, "after the move").waitFor();
    await set(`globalThis.kept = inbox; inbox.remove()`);
    await waitFor("no connection", async () => await clients(program, manager) === 0);
    await page.evaluate("document.body.append(kept)");
    await itemOf(page, "for Bob").waitFor();
    await waitFor("one connection again", async () => await clients(program, manager) === 1);
    await set(`inbox.token = null`);
    await waitFor("no connection", async () => await clients(program, manager) === 0);
    await itemOf(page, "for Bob").waitFor({ state: "detached" });
    assert.deepEqual(site.errors, []);
  },
);

Deno.test("element: properties that were set before it was defined count", OPTIONS, async () => {
  await using site = new ElementSite(PORT);
  await using program = await Program.start({ env: { APP_ALLOWED_ORIGINS: ORIGIN } });
  const page = await site.open(program, "");
  // The module is there already: a window without it makes an element that is not defined yet.
  await page.evaluate(`{
    const early = document.implementation.createHTMLDocument().createElement("notifyli-inbox");
    early.userId = 5;
    early.strings = { title: "Nachrichten" };
    early.open = true;
    document.body.append(early);
  }`);
  await page.getByRole("dialog", { name: "Nachrichten" }).getByText("You are all caught up")
    .waitFor();
  assert.equal(await page.locator("notifyli-inbox").getAttribute("user-id"), "5");
  assert.deepEqual(site.errors, []);
});

Deno.test(
  "element: two for one user have one connection, two for two users have two",
  OPTIONS,
  async () => {
    await using site = new ElementSite(PORT);
    await using program = await Program.start({ env: { APP_ALLOWED_ORIGINS: ORIGIN } });
    const manager = await Manager.of(program);
    const one = `<notifyli-inbox user-id="1" toasts title-badge></notifyli-inbox>`;
    const page = await site.open(
      program,
      `${one}${one}<notifyli-inbox id="other" user-id="2"></notifyli-inbox>`,
    );
    await waitFor("two connections", async () => await clients(program, manager) === 2);
    // What comes before the inbox was read is no news.
    await bellOf(page, 0).first().click();
    await panelOf(page).getByText("You are all caught up").waitFor();
    await page.keyboard.press("Escape");
    await manager.done(program, "/users/1/notifications?from=Shop", "Hello");
    await page.getByRole("status", { name: "New notifications" }).getByText("Hello").waitFor();
    assert.equal(await page.locator(".to").count(), 1, "one of them shows toasts");
    await waitFor("both count", async () => await bellOf(page, 1).count() === 2);
    assert.equal(await page.title(), "(1) Shop");
    // The page changes its title, and the first element goes: the other one shows what it did.
    await page.evaluate("document.title = 'Orders'");
    await becomesTrue(page, "document.title === '(1) Orders'");
    await page.evaluate("document.querySelector('notifyli-inbox').remove()");
    await becomesTrue(page, "document.title === '(1) Orders'");
    await page.getByRole("status", { name: "New notifications" }).getByText("Hello").waitFor();
    await page.evaluate(
      "document.querySelectorAll('notifyli-inbox').forEach((each) => each.remove())",
    );
    await becomesTrue(page, "document.title === 'Orders'");
    await waitFor("no connection", async () => await clients(program, manager) === 0);
    assert.deepEqual(site.errors, []);
  },
);

Deno.test("element: tabs of the server's own site share one connection", OPTIONS, async () => {
  await using site = new ElementSite(PORT);
  await using program = await Program.start({ env: { APP_ALLOWED_ORIGINS: ORIGIN } });
  const manager = await Manager.of(program);
  const html = `<!doctype html><html lang="en"><title>Shop</title><body>
    <script type="module" src="/notifyli-inbox.js"></script>
    <notifyli-inbox user-id="9"></notifyli-inbox></body></html>`;
  const first = await site.open(program, "");
  await first.context().route(
    "**/shop.html",
    (route) => route.fulfill({ contentType: "text/html", body: html }),
  );
  const tabs = [await first.context().newPage(), await first.context().newPage()];
  for (const tab of tabs) await tab.goto(`${program.url}/shop.html`);
  await manager.done(program, "/users/9/notifications?from=Shop", "Hello");
  for (const tab of tabs) await bellOf(tab, 1).waitFor();
  await waitFor("one connection", async () => await clients(program, manager) === 1);
});

Deno.test(
  "element: says that it is offline, keeps what it shows, and sends what waits",
  OPTIONS,
  async () => {
    await using site = new ElementSite(PORT);
    const env = { APP_ALLOWED_ORIGINS: ORIGIN, APP_PORT: String(freePort()) };
    const dataDir = await Deno.makeTempDir();
    try {
      let program = await Program.start({ env, dataDir });
      const url = `${program.url}/api/users/6/notifications?from=Shop`;
      await (await fetch(url, { method: "POST", body: "one" })).body?.cancel();
      await (await fetch(url, { method: "POST", body: "two" })).body?.cancel();
      const page = await site.open(program, `<notifyli-inbox user-id="6"></notifyli-inbox>`);
      await bellOf(page, 2).click();
      await itemOf(page, "two").waitFor();
      await program[Symbol.asyncDispose]();
      const band = panelOf(page).getByRole("status").filter({ hasText: "No connection." });
      await band.getByText(/Showing what was known at /).waitFor();
      await itemOf(page, "two").hover();
      await itemOf(page, "two").getByRole("button", { name: /^Archive / }).click();
      await band.getByText("1 change is waiting.").waitFor();
      program = await Program.start({ env, dataDir });
      await using _ = program;
      // It may come back by itself before there is anything to click on.
      const back = band.waitFor({ state: "detached" });
      await Promise.race([band.getByRole("button", { name: "Retry" }).click(), back]);
      await back;
      await itemOf(page, "two").waitFor({ state: "detached" });
      await itemOf(page, "one").waitFor();
    } finally {
      await Deno.remove(dataDir, { recursive: true });
    }
  },
);

Deno.test("element: says why it is not connected where the token is refused", OPTIONS, async () => {
  await using site = new ElementSite(PORT);
  await using program = await Program.start({ env: { APP_KEY, APP_ALLOWED_ORIGINS: ORIGIN } });
  const token = await connectionToken({ sub: "alice", exp: 1 });
  const page = await site.open(program, `<notifyli-inbox token="${token}"></notifyli-inbox>`);
  await bellOf(page, 0).click();
  await panelOf(page).getByText(/^Not connected: /).waitFor();
});

Deno.test("element: where no WebSocket passes it has a stream of events", OPTIONS, async () => {
  await using site = new ElementSite(PORT);
  await using program = await Program.start({ env: { APP_ALLOWED_ORIGINS: ORIGIN } });
  await using proxy = new Proxy(program.port);
  proxy.refusesWebSockets = true;
  const http = proxy.url.replace("ws", "http").replace(/\/ws$/, "");
  const page = await site.open(program, "");
  const html = `<!doctype html><html lang="en"><title>Shop</title><body>
    <script type="module" src="/notifyli-inbox.js"></script>
    <notifyli-inbox user-id="12" worker="off"></notifyli-inbox></body></html>`;
  await page.route(
    "**/shop.html",
    (route) => route.fulfill({ contentType: "text/html", body: html }),
  );
  await page.goto(`${http}/shop.html`);
  const url = `${program.url}/api/users/12/notifications?from=Shop`;
  await (await fetch(url, { method: "POST", body: "by a stream" })).body?.cancel();
  await bellOf(page, 1).click();
  await itemOf(page, "by a stream").getByRole("button", { name: /^Archive/ }).click();
  await panelOf(page).getByText("You are all caught up").waitFor();
  assert.equal(proxy.webSockets, 0);
});

Deno.test("element: nothing keeps one that is out of the page", OPTIONS, async () => {
  await using site = new ElementSite(PORT);
  await using program = await Program.start({ env: { APP_ALLOWED_ORIGINS: ORIGIN } });
  const page = await site.open(program, "");
  await page.evaluate(`{
    const inbox = document.createElement("notifyli-inbox");
    inbox.userId = 13;
    for (const name of ["toasts", "title-badge", "sound", "open"]) inbox.toggleAttribute(name);
    globalThis.gone = new WeakRef(inbox);
    document.body.append(inbox);
  }`);
  await panelOf(page).getByText("You are all caught up").waitFor();
  await page.evaluate("document.querySelector('notifyli-inbox').remove()");
  const session = await page.context().newCDPSession(page);
  await waitFor("it is collected", async () => {
    await session.send("HeapProfiler.collectGarbage");
    return await page.evaluate("gone.deref() === undefined");
  });
});
