/** What the dashboard says where an answer is not all: a node does not answer, or a store is away. */
import assert from "node:assert/strict";
import { OPTIONS } from "../support/browser.ts";
import { Dashboard, live } from "../support/dashboard.ts";
import { sharedProgram } from "../support/shared_program.ts";

const program = sharedProgram({ APP_NODE_NAME: "node-a" });

Deno.test(
  "dashboard: nodes that do not answer and stores that are away are named",
  OPTIONS,
  async () => {
    await using dashboard = new Dashboard(program().url);
    const page = await dashboard.open();
    await live(page);
    const lacks = { missing: ["0123456789ab"], unavailable: ["devices", "last_seen_at"] };
    await page.route(/\/admin\/api\/(live\/|users\/)/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...await response.json(), ...lacks } });
    });
    const said = page.getByRole("alert").filter({
      hasText: "This is not all: 0123456789ab did not",
    });
    for (const place of ["rooms", "topics", "users", "users/7"]) {
      await page.goto(`${program().url}/admin/#/${place}`);
      await said.waitFor();
      if (place !== "users/7") continue;
      await said.filter({ hasText: "Not to be had right now: devices, last seen at." }).waitFor();
    }
  },
);

Deno.test(
  "dashboard: who sets a level of the log is told which nodes did not answer",
  OPTIONS,
  async () => {
    await using dashboard = new Dashboard(program().url);
    const page = await dashboard.open("log");
    await live(page);
    let missing = ["0123456789ab"];
    await page.route(/\/log\/levels$/, async (route) => {
      const response = await route.fetch();
      const isSet = route.request().method() === "PUT";
      const json = await response.json();
      await route.fulfill({ response, json: { ...json, ...(isSet && { missing }) } });
    });
    const said = page.getByRole("alert").filter({ hasText: "0123456789ab did not answer" });
    await page.getByLabel("Another category").fill("notifyli.push");
    await page.getByRole("button", { name: "Log all of it" }).click();
    await said.waitFor();
    missing = [];
    await Promise.all([
      page.waitForResponse((response) => response.request().method() === "PUT"),
      page.getByRole("combobox", { name: "notifyli.push" }).selectOption(""),
    ]);
    await said.waitFor({ state: "detached" });
  },
);

Deno.test(
  "dashboard: who disconnects a user is told that clients may come back",
  OPTIONS,
  async () => {
    const { url } = program();
    await using dashboard = new Dashboard(url);
    const page = await dashboard.open();
    await live(page);
    await page.route(/\/admin\/api\/users\/7$/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...await response.json(), online: true } });
    });
    await page.goto(`${url}/admin/#/users/7`);
    await page.getByRole("button", { name: "Disconnect…" }).click();
    await page.getByRole("dialog").getByText("Clients may come back: a block keeps them out.")
      .waitFor();
  },
);

Deno.test(
  "dashboard: who drains a node is told what happens, and why it did not",
  OPTIONS,
  async () => {
    const { url } = program();
    await using dashboard = new Dashboard(url);
    const page = await dashboard.open("nodes");
    const message = "Node node-a did not answer in time";
    const asked = Promise.withResolvers<unknown>();
    const answer = Promise.withResolvers<void>();
    await page.route(/\/drain$/, async (route) => {
      asked.resolve(route.request().postDataJSON());
      await answer.promise;
      await route.fulfill({ status: 503, json: { code: "unconfirmed", message } });
    });
    await page.getByRole("link", { name: "node-a" }).click();
    await page.getByRole("button", { name: "Drain…" }).click();
    const dialog = page.getByRole("dialog", { name: "Drain node node-a?" });
    await dialog.getByText("No other node is ready").waitFor();
    await dialog.getByText("After a third of the time that it is set to").waitFor();
    await dialog.getByLabel("Within").selectOption("5 minutes");
    await dialog.getByText("After a third of 5 minutes").waitFor();
    const drain = dialog.getByRole("button", { name: "Drain", exact: true });
    await drain.click();
    assert.deepEqual(await asked.promise, { seconds: 300 });
    assert.equal(await drain.isDisabled(), true);
    answer.resolve();
    await dialog.getByRole("alert").filter({ hasText: message }).waitFor();
    assert.equal(await drain.isDisabled(), false, "it can be tried again");
  },
);
