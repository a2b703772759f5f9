/** What is managed in the dashboard: channels, kinds, revocations, settings, the audit log, levels of the log, and traces. */
import assert from "node:assert/strict";
import { OPTIONS } from "../support/browser.ts";
import { asPage, choose, Dashboard, live, row } from "../support/dashboard.ts";
import { Program } from "../support/program.ts";
import { sharedProgram } from "../support/shared_program.ts";
import { waitFor } from "../support/wait.ts";
import { APP_KEY } from "../support/tokens.ts";
import { keyFor } from "../support/dashboard.ts";

const program = sharedProgram({ APP_NODE_NAME: "node-a", APP_DEBUG: "true" });

Deno.test("dashboard: a channel is made, changed and deleted", OPTIONS, async () => {
  await using dashboard = new Dashboard(program().url);
  const page = await dashboard.open("channels");
  const json =
    async () => (await (await asPage(program(), "GET", "/rooms?room=news%2Fall")).json());
  await page.getByRole("button", { name: "New channel" }).click();
  await page.getByLabel("Name").fill("news/all");
  await page.getByLabel("Who may say something").selectOption("server");
  await page.getByLabel("History").selectOption("own");
  await page.getByLabel("Messages kept").fill("many");
  await page.getByRole("button", { name: "Make it" }).click();
  await page.getByRole("alert").filter({ hasText: "history" }).waitFor(); // the server's words
  await page.getByLabel("Messages kept").fill("50");
  await page.getByRole("button", { name: "Make it" }).click();
  await row(page, "Channels", "server may say something · keeps 50 messages for 86400 s").waitFor();
  assert.deepEqual((await json()).history, { size: 50, seconds: 86_400 });

  await asPage(program(), "PATCH", "/rooms?room=news%2Fall", { maxPresence: 7 });
  await page.reload();
  await choose(page, "Actions for channel news/all", "Change");
  await page.getByLabel("Who may say something").selectOption("members");
  await page.getByLabel("Most clients").fill("9");
  await page.getByRole("button", { name: "Save" }).click();
  await row(page, "Channels", "at most 9 clients · members may say something").waitFor();
  const { publish, maxClients, maxPresence } = await json();
  assert.deepEqual([publish, maxClients, maxPresence], ["members", 9, 7], "the rest stays");

  await choose(page, "Actions for channel news/all", "Delete…");
  await page.getByRole("heading", { name: "Delete channel news/all?" }).waitFor();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await row(page, "Channels", "news/all").waitFor({ state: "detached" });
  assert.deepEqual(dashboard.errors.filter((error) => !/ 4\d\d /.test(error)), []);
});

Deno.test("dashboard: a kind is set, changed and deleted", OPTIONS, async () => {
  await using dashboard = new Dashboard(program().url);
  const page = await dashboard.open("kinds");
  await page.getByRole("button", { name: "New kind" }).click();
  await page.getByRole("textbox", { name: "Kind", exact: true }).fill("order.shipped");
  await page.getByRole("switch", { name: "By mail" }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await row(page, "Kinds", "inbox, push, mail").waitFor();
  await asPage(program(), "PUT", "/kinds/order.shipped", { digest: { window: "30m" } });
  await page.reload();
  await choose(page, "Actions for kind order.shipped", "Change");
  await page.getByLabel("Users may not choose, because").fill("the law says so");
  await page.getByRole("switch", { name: "By push" }).uncheck();
  await page.getByRole("button", { name: "Save" }).click();
  await row(page, "Kinds", "no: the law says so").waitFor();
  const kind = await (await asPage(program(), "GET", "/kinds/order.shipped")).json();
  assert.deepEqual([kind.push, kind.digest], [false, { window: "30m" }], "the rest stays");
  await choose(page, "Actions for kind order.shipped", "Delete…");
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("Nothing is set for any kind").waitFor();
  assert.deepEqual(dashboard.errors, []);
});

Deno.test(
  "dashboard: tokens are revoked, and the audit log shows that as it happens, and can be downloaded",
  OPTIONS,
  async () => {
    await using dashboard = new Dashboard(program().url);
    const audit = await dashboard.open("audit");
    await live(audit);
    const page = await dashboard.open("blocks");
    await page.getByRole("button", { name: "Revoke", exact: true }).click();
    await page.getByLabel("What").selectOption("session_id");
    await page.getByRole("textbox", { name: "Id" }).fill("s-77");
    await page.getByRole("heading", { name: "Revoke the tokens of s-77?" }).waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await row(page, "Revoked", "Session s-77").waitFor();
    await row(audit, "Audit log", "revoke.session").filter({ hasText: "s-77" }).waitFor();

    const [download] = await Promise.all([
      audit.waitForEvent("download"),
      audit.getByRole("button", { name: "Download" }).click(),
    ]);
    assert.match(download.suggestedFilename(), /^notifyli-audit-\d{4}-\d\d-\d\d\.jsonl$/);
    const lines = (await Deno.readTextFile(await download.path())).trim().split("\n");
    const records = lines.map((line) => JSON.parse(line));
    assert.ok(
      records.some(({ action, target }) => action === "revoke.session" && target.includes("s-77")),
    );
    await audit.getByRole("searchbox", { name: "Filter what is shown" }).fill("no such thing");
    await audit.getByText("No record is like this").waitFor();
    assert.deepEqual(dashboard.errors, []);
  },
);

Deno.test(
  "dashboard: settings are shown without secrets, and found by their names",
  OPTIONS,
  async () => {
    await using own = await Program.start({ env: { APP_KEY, APP_NODE_NAME: "secretive" } });
    await using dashboard = new Dashboard(own.url);
    const page = await dashboard.signedIn(await keyFor(own), "settings");
    await row(page, "Settings", "APP_KEY").filter({ hasText: "hidden" }).waitFor();
    assert.ok(!(await page.content()).includes(APP_KEY));
    await page.getByRole("button", { name: "Changed" }).click();
    await row(page, "Settings", "APP_NODE_NAME").filter({ hasText: "secretive" }).filter({
      hasText: "environment",
    }).waitFor();
    assert.equal(await row(page, "Settings", "APP_HOST").count(), 0);
    await page.getByRole("button", { name: "All", exact: true }).click();
    await page.getByRole("searchbox", { name: "Filter settings" }).fill("keepalive");
    await row(page, "Settings", "APP_KEEPALIVE_SECONDS").waitFor();
    assert.equal(await row(page, "Settings", "APP_NODE_NAME").count(), 0);
    await page.reload();
    await row(page, "Settings", "APP_KEEPALIVE_SECONDS").waitFor(); // the address has the filter
    assert.deepEqual(dashboard.errors, []);
  },
);

Deno.test(
  "dashboard: the log is followed by level, held, and its levels are changed",
  OPTIONS,
  async () => {
    await using dashboard = new Dashboard(program().url);
    const page = await dashboard.open("log");
    await live(page);
    const log = page.getByRole("log", { name: "Log" });
    await log.getByText(/listens on/).waitFor();
    const block = (user: string) =>
      asPage(program(), "POST", `/users/${user}/block`, { seconds: 60 });
    await block("log-1");
    await log.getByText(/local blocked user log-1/).waitFor();
    await page.getByRole("button", { name: "Hold" }).click();
    await block("log-2");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("button", { name: "Warning", exact: true }).click();
    await log.getByText(/blocked user/).first().waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Info", exact: true }).click();
    await log.getByText(/local blocked user log-2/).waitFor();
    await page.getByRole("searchbox", { name: "Filter lines" }).fill("log-2");
    await log.getByText(/log-1/).waitFor({ state: "detached" });

    // A line names its request, and shows what else that has written.
    await page.getByRole("searchbox", { name: "Filter lines" }).fill("");
    const own = log.locator(".log-line").filter({ hasText: /local blocked user log-2/ });
    const request = (await own.locator(".log-request").textContent() ?? "").replace("Request", "");
    assert.match(request, /^[\w-]{8,64}$/);
    await own.getByRole("button").click();
    await log.getByText(/local blocked user log-1/).waitFor({ state: "detached" });
    await own.waitFor();
    // What was typed counts a moment later, and leaves the rest of the address as it is.
    const place = `#/log?level=info&request=${request}`;
    await waitFor("the address says so", () => new URL(page.url()).hash === place);
    await page.reload();
    await own.waitFor(); // the server finds it, too
    assert.equal(await log.getByText(/listens on/).count(), 0);
    await page.getByRole("button", { name: "All requests" }).click();
    await log.getByText(/local blocked user log-1/).waitFor();

    await page.getByLabel("Another category").fill("notifyli.push");
    await page.getByRole("button", { name: "Log all of it" }).click();
    await page.getByRole("combobox", { name: "notifyli.push" }).selectOption("error");
    await page.getByText("notifyli.push is logged from error on").waitFor();
    const { levels } = await (await asPage(program(), "GET", "/log/levels")).json();
    assert.equal(levels["notifyli.push"], "error");
    await page.getByRole("combobox", { name: "notifyli.push" }).selectOption("");
    await page.getByText("notifyli.push is logged as usual").waitFor();
    assert.deepEqual(dashboard.errors, []);
  },
);
