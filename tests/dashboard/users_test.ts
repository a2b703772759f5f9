/** One user in the dashboard: who is found, what is known, and what is done about it, which asks first and is noted. */
import assert from "node:assert/strict";
import { OPTIONS } from "../support/browser.ts";
import { asPage, Dashboard, live, row } from "../support/dashboard.ts";
import { sharedProgram } from "../support/shared_program.ts";
import { TestClient } from "../support/test_client.ts";

const program = sharedProgram({ APP_NODE_NAME: "node-a" });

Deno.test(
  "dashboard: a user is found by the keyboard, and shown with all that is known",
  OPTIONS,
  async () => {
    await using client = await TestClient.join(program().webSocketUrl, {
      user: "anna",
      room: "lobby",
    });
    client.send({ type: "no_such_type" });
    await using dashboard = new Dashboard(program().url);
    const page = await dashboard.open();
    await live(page);
    await page.keyboard.press("/");
    await page.keyboard.type("ann");
    await page.getByRole("option", { name: /^anna User/ }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Users / anna" }).waitFor();
    await page.getByText(/^Online for \d/).waitFor();
    await page.getByText("websocket · v1").waitFor();
    await page.getByText(/node-a · 127\.0\.0\.1 · since .* · lobby · 0 waiting/).waitFor();
    await page.getByText("unknown_type").waitFor();
    await page.getByText("No device: the user gets what comes while connected").waitFor();

    await page.keyboard.press("/");
    await page.keyboard.type("lob");
    await page.getByRole("option", { name: /^lobby Room/ }).waitFor();
    await page.keyboard.press("Enter");
    await row(page, "Users in lobby", "anna").waitFor();
    await page.goBack();
    await page.getByRole("heading", { name: "Users / anna" }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("nobody-here");
    await page.getByRole("option", { name: /^nobody-here User/ }).click();
    await page.getByText("Not connected", { exact: true }).waitFor();
    assert.deepEqual(dashboard.errors.filter((error) => !error.includes("404")), []);
  },
);

Deno.test(
  "dashboard: a connection is closed, a user disconnected, blocked and let in again",
  OPTIONS,
  async () => {
    const { webSocketUrl, url } = program();
    await using one = await TestClient.join(webSocketUrl, { user: 21, room: "lobby" });
    await using two = await TestClient.join(webSocketUrl, { user: 21, room: "other" });
    await using dashboard = new Dashboard(url);
    const page = await dashboard.open("users/21");
    const lines = page.getByRole("list", { name: "Connections" }).getByRole("listitem");
    await lines.nth(1).waitFor();
    await lines.filter({ hasText: "lobby" }).getByRole("button", { name: /^Close connection/ })
      .click();
    await page.getByRole("heading", { name: "Close a connection of user 21?" }).waitFor();
    await page.getByRole("button", { name: "Close it" }).click();
    await one.waitClosed();
    await page.getByText("The connection was closed").waitFor();
    await lines.filter({ hasText: "lobby" }).waitFor({ state: "detached" });

    await page.getByRole("button", { name: "Block…" }).click();
    await page.getByRole("heading", { name: "Block user 21?" }).waitFor();
    await page.keyboard.press("Escape");
    assert.equal(await page.getByRole("dialog").count(), 0, "nothing is done without a yes");
    await page.getByText("Block…").waitFor();
    await page.getByRole("button", { name: "Block…" }).click();
    await page.getByLabel("For how long").selectOption("3600");
    await page.getByRole("button", { name: "Block", exact: true }).click();
    await two.waitClosed();
    await page.getByText(/^Blocked until /).waitFor();
    await page.getByText("No connection right now.").waitFor();

    await page.getByRole("link", { name: "Blocks" }).click();
    await row(page, "Blocked users", "21").waitFor();
    await page.getByRole("button", { name: "Actions for user 21" }).click();
    await page.getByRole("menuitem", { name: "Unblock…" }).click();
    await page.getByRole("button", { name: "Unblock", exact: true }).click();
    await page.getByText("Nobody is blocked").waitFor();

    await page.getByRole("link", { name: "Audit log" }).click();
    for (const action of ["connection.close", "user.block", "user.unblock"]) {
      await row(page, "Audit log", action).first().waitFor();
    }
    assert.deepEqual(dashboard.errors, []);
  },
);

Deno.test("dashboard: a test goes to a user's inbox", OPTIONS, async () => {
  const { webSocketUrl, url } = program();
  await using client = await TestClient.join(webSocketUrl, { user: 31, room: "/user/31" });
  await using dashboard = new Dashboard(url);
  const page = await dashboard.open("users/31");
  await page.getByRole("button", { name: "Send a test" }).click();
  await page.getByLabel("Message").fill("Is this on?");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByText("The test is on its way to user 31").waitFor();
  const [frame] = await client.get("direct_message");
  assert.ok(JSON.stringify(frame).includes("Is this on?"));

  await page.goto(`${url}/admin/#/users/31`);
  await page.getByRole("button", { name: "Send a test" }).click();
  await page.getByRole("button", { name: "Push alone" }).click();
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByRole("alert").filter({ hasText: "no device" }).waitFor();
});

Deno.test("dashboard: somebody is put out of a room", OPTIONS, async () => {
  const { webSocketUrl, url } = program();
  await asPage(program(), "PUT", "/rooms?room=party%2F1", {});
  await using client = await TestClient.join(webSocketUrl, { user: 41, room: "party/1" });
  await using dashboard = new Dashboard(url);
  const page = await dashboard.open("rooms/party%2F1");
  await row(page, "Users in party/1", "41").waitFor();
  await page.getByRole("button", { name: "Actions for user 41" }).click();
  await page.getByRole("menuitem", { name: "Put out of the room…" }).click();
  await page.getByRole("heading", { name: "Put user 41 out of party/1?" }).waitFor();
  await page.getByRole("button", { name: "Put out", exact: true }).click();
  await page.getByText("Nobody is in this room right now").waitFor();
  assert.ok(client.frames.length > 0);
  assert.deepEqual(dashboard.errors, []);
});
