/** Every button of the dashboard that changes something is in the audit log, under the request that did it. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { OPTIONS } from "../support/browser.ts";
import { choose, Dashboard, keyField, keyFor, live, row } from "../support/dashboard.ts";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { leaveDeadLetters } from "../support/operated.ts";
import { hookEnv, Receiver } from "../support/receiver.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

type Json = Record<string, unknown>;

/** What all the buttons do, by the names that the audit log has for it. */
const ACTIONS = [
  ...["session.begin", "notification.send", "push.test", "connection.close", "user.disconnect"],
  ...["user.block", "user.unblock", "user.block", "user.unblock", "revoke.session"],
  ...["room.put_out", "room.make", "room.change", "room.delete"],
  ...["kind.set", "kind.set", "kind.delete", "key.create", "key.revoke"],
  ...["dead_letter.resend", "dead_letter.delete", "dead_letter.delete", "dead_letter.resend"],
  "notification.withdraw",
  ...["log.levels", "log.levels", "trace.texts", "node.drain", "session.end"],
];

Deno.test(
  "dashboard: every button that changes something is in the audit log",
  OPTIONS,
  async () => {
    await using receiver = new Receiver();
    const dataDir = await Deno.makeTempDir();
    const env = { ...hookEnv(receiver.url), APP_KEY, APP_NODE_NAME: "noted-node" };
    await (await Program.start({ env, dataDir }))[Symbol.asyncDispose]();
    leaveDeadLetters(dataDir);
    await using program = await Program.start({ env, dataDir });
    const manager = await Manager.of(program);
    const connect = async (sub: string) =>
      await TestClient.connectWithToken(program.webSocketUrl, await connectionToken({ sub }));
    await using one = await connect("21");
    await using two = await connect("22");
    await one.command("subscribe", { room: "noted" });
    await two.command("subscribe", { room: "noted" });
    const deliver_at = Math.floor(Date.now() / 1000) + 3600;
    await manager.done(program, "/notifications", {
      ...{ user_id: 21, id: "waits-001", title: "Waits", message: "x", deliver_at },
    });
    const key = await keyFor(program, { name: "night watch" });
    const who = key.split("_")[1];
    await using dashboard = new Dashboard(program.url);
    const page = await dashboard.open();
    const changes = changesOf(page);
    await keyField(page).fill(key);
    await page.getByRole("button", { name: "Sign in" }).click();
    await live(page);

    await open(page, "users/21");
    await press(page, "Send a test", "Send");
    await page.getByText("The test is on its way to user 21").waitFor();
    await open(page, "users/21");
    await page.getByRole("button", { name: "Send a test" }).click();
    await page.getByRole("button", { name: "Push alone" }).click();
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByRole("alert").filter({ hasText: "no device" }).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: /^Close connection/ }).click();
    await confirm(page, "Close it", "The connection was closed");
    await one.waitClosed();
    await open(page, "users/22");
    await press(page, "Disconnect…", "Disconnect", "User 22 was disconnected");
    await two.waitClosed();
    await press(page, "Block…", "Block", "User 22 is blocked");
    await press(page, "Unblock…", "Unblock", "User 22 may connect again");

    await open(page, "blocks");
    await page.getByRole("button", { name: "Block a user" }).click();
    await page.getByRole("textbox", { name: "User" }).fill("77");
    await confirm(page, "Block", "User 77 is blocked");
    await choose(page, "Actions for user 77", "Unblock…");
    await confirm(page, "Unblock", "User 77 may connect again");
    await page.getByRole("button", { name: "Revoke", exact: true }).click();
    await page.getByLabel("What").selectOption("session_id");
    await page.getByRole("textbox", { name: "Id" }).fill("s-1");
    await confirm(page, "Revoke", "Revoked: s-1");

    await using three = await connect("23");
    await three.command("subscribe", { room: "noted" });
    await open(page, "rooms/noted");
    await choose(page, "Actions for user 23", "Put out of the room…");
    await confirm(page, "Put out", "User 23 was put out of noted");

    await open(page, "channels");
    await page.getByRole("button", { name: "New channel" }).click();
    await page.getByLabel("Name").fill("news");
    await confirm(page, "Make it", "Channel news is made");
    await choose(page, "Actions for channel news", "Change");
    await page.getByLabel("Most clients").fill("9");
    await confirm(page, "Save", "Channel news is changed");
    await choose(page, "Actions for channel news", "Delete…");
    await confirm(page, "Delete", "Channel news is deleted");

    await open(page, "kinds");
    await page.getByRole("button", { name: "New kind" }).click();
    await page.getByRole("textbox", { name: "Kind", exact: true }).fill("order.shipped");
    await confirm(page, "Save", "Kind order.shipped is set");
    await choose(page, "Actions for kind order.shipped", "Change");
    await page.getByRole("switch", { name: "By mail" }).check();
    await confirm(page, "Save", "Kind order.shipped is set");
    await choose(page, "Actions for kind order.shipped", "Delete…");
    await confirm(page, "Delete", "Kind order.shipped is deleted");

    await open(page, "keys");
    await page.getByRole("button", { name: "New key" }).click();
    await page.getByLabel("Name").fill("brief");
    await page.getByRole("button", { name: "Make it" }).click();
    await page.getByRole("button", { name: "I have copied it" }).click();
    await choose(page, "Actions for key brief", "Revoke…");
    await confirm(page, "Revoke", "Key brief is revoked");

    await open(page, "hooks");
    const letters = page.getByRole("group", { name: "Dead letters of Webhooks" });
    await letters.locator(".cell-id").nth(1).waitFor();
    const ids = await letters.locator(".cell-id").allTextContents();
    assert.equal(ids.length, 2);
    await choose(page, `Actions for ${ids[0]}`, "Send again…");
    await confirm(page, "Send again", "1 dead letter sent again");
    await choose(page, `Actions for ${ids[1]}`, "Throw away…");
    await confirm(page, "Throw away", "The dead letter is gone");

    await open(page, "dead-letters");
    await choose(page, /^Actions for \d+-2$/, "Throw away…");
    await confirm(page, "Throw away", "The dead letter is gone");
    await page.getByRole("button", { name: "Send 1 again…" }).click();
    await confirm(page, "Send again", "1 dead letter sent again");

    await open(page, "scheduled");
    await choose(page, "Actions for notification waits-001", "Take back…");
    await confirm(page, "Take back", "User 21 will not get it");
    await page.getByText("Nothing waits for its time").waitFor();

    await open(page, "log");
    await page.getByLabel("Another category").fill("notifyli.push");
    await page.getByRole("button", { name: "Log all of it" }).click();
    await page.getByRole("combobox", { name: "notifyli.push" }).selectOption("");
    await page.getByText("notifyli.push is logged as usual").waitFor();

    await open(page, "trace?user=23");
    await press(page, "With texts…", "Show texts");
    await page.getByRole("button", { name: "Without texts" }).waitFor();
    await waitFor(
      "the texts are asked for",
      () => changes.some(({ what }) => /texts=1/.test(what)),
    );

    await open(page, "nodes");
    await page.getByRole("link", { name: "noted-node" }).click();
    await page.getByRole("button", { name: "Drain…" }).click();
    await page.getByLabel("Within").selectOption("1 hour"); // it is asked until the test ends
    await confirm(page, "Drain", "noted-node drains, and ends in 3600 s");
    await page.getByRole("button", { name: "Draining", exact: true }).and(page.locator(":disabled"))
      .waitFor();

    // What the view of the audit log shows is what the API has.
    await open(page, "audit");
    for (const action of new Set(ACTIONS.slice(0, -1))) {
      await row(page, "Audit log", action).first().waitFor();
    }
    await page.getByRole("button", { name: "Sign out night watch" }).click();
    await keyField(page).waitFor();

    const { json } = await manager.call(program, "GET", "/audit?limit=1000");
    const records = (json["records"] as Json[]).filter((record) => record["who"] === who).reverse();
    assert.deepEqual(records.map(({ action }) => action), ACTIONS);
    assert.ok(records.every(({ address }) => address === "127.0.0.1"));
    const noted = records.map(({ request }) => request);
    for (const { what, request } of changes) assert.ok(noted.includes(request), what);
    assert.equal(changes.length, noted.length, "each change is one record");
    await Deno.remove(dataDir, { recursive: true });
  },
);

/** What a page has changed so far: the requests, which the server took, of anything that is not just read. */
function changesOf(page: Page): { readonly what: string; readonly request: string }[] {
  const changes: { what: string; request: string }[] = [];
  page.on("response", (response) => {
    const method = response.request().method();
    const { pathname, search } = new URL(response.url());
    if (!response.ok() || method === "GET" && !search.includes("texts=1")) return;
    const request = response.headers()["x-request-id"] ?? "";
    changes.push({ what: `${method} ${pathname}${search}`, request });
  });
  return changes;
}

async function open(page: Page, place: string): Promise<void> {
  const { origin, pathname } = new URL(page.url());
  await page.goto(`${origin}${pathname}#/${place}`);
}

/** Presses a button that asks first, and says yes. */
async function press(page: Page, button: string, yes: string, done?: string): Promise<void> {
  await page.getByRole("main").getByRole("button", { name: button }).click();
  await confirm(page, yes, done);
}

/** @param done what the dashboard says then */
async function confirm(page: Page, yes: string, done?: string): Promise<void> {
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: yes, exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  if (done !== undefined) await page.getByRole("status").filter({ hasText: done }).waitFor();
}
