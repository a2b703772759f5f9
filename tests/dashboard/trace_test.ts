/** A trace in the dashboard: frames as they come and go, their texts only for who asks, and an end. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { OPTIONS } from "../support/browser.ts";
import { asPage, Dashboard } from "../support/dashboard.ts";
import { sharedProgram } from "../support/shared_program.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const program = sharedProgram({ APP_NODE_NAME: "node-a" });

/** What stands there once the server shows what comes and goes. */
const FOLLOWED = "Nothing yet. What comes and goes shows up here as it happens.";

Deno.test(
  "dashboard: a trace of a user begins at the user, shows frames by type and size, texts for who asks, and ends",
  OPTIONS,
  async () => {
    const { webSocketUrl, url } = program();
    await using client = await TestClient.join(webSocketUrl, { user: 51, room: "trace-room" });
    await using other = await TestClient.join(webSocketUrl, { user: 52, room: "trace-room" });
    await using dashboard = new Dashboard(url);
    const page = await dashboard.open("users/51");
    await page.getByRole("main").getByRole("link", { name: "Trace" }).click();
    await page.getByRole("heading", { name: "User 51" }).waitFor();
    await page.getByText(FOLLOWED).waitFor();

    // What the user sends and is given, and nothing of anybody else.
    const sent = { type: "usermsg", user_id: 51, message: "a secret of mine", room: "trace-room" };
    client.send(sent);
    const came = frames(page).filter({ hasText: "came" }).filter({ hasText: "usermsg" });
    await came.first().waitFor();
    assert.ok((await came.first().textContent())?.includes(`${JSON.stringify(sent).length} B`));
    other.send({ ...sent, user_id: 52, message: "for all of us" });
    const went = frames(page).filter({ hasText: "went" }).filter({ hasText: "usermsg" });
    await went.first().waitFor();
    assert.equal(await came.count(), 1, "what the other one sent is none of the user's");
    const noted = async () => {
      const { records } = await (await asPage(program(), "GET", "/audit")).json();
      return records.filter(({ action }: { action: string }) => action === "trace.texts");
    };
    assert.ok(!(await page.getByRole("main").textContent())?.includes("secret"));
    assert.deepEqual(await noted(), [], "who reads no texts is not noted");

    await page.getByRole("button", { name: "With texts…" }).click();
    await page.getByRole("heading", { name: "Show the texts of user 51?" }).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    assert.deepEqual(await noted(), [], "nor who thinks better of it");
    await page.getByRole("button", { name: "With texts…" }).click();
    await page.getByText("The audit log notes that you do.").waitFor();
    await page.getByRole("button", { name: "Show texts" }).click();
    await page.getByRole("button", { name: "Without texts" }).waitFor();
    const texts = await waitFor("it is noted", async () => {
      const found = await noted();
      return found.length > 0 && found;
    });
    assert.deepEqual(texts.map(({ target }: { target: string }) => target), ["user 51"]);
    await waitFor("a text is shown", async () => {
      client.send(sent); // the stream with texts is another one, which takes a moment to begin
      await client.settled();
      return (await page.getByRole("main").textContent())?.includes("a secret of mine");
    });

    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText(/^stopped · \d+ frames$/).waitFor();
    assert.equal(new URL(page.url()).hash, "#/trace", "a reload follows nobody");
    await waitFor("nobody follows the user any more", async () => {
      const { watchers } = await (await fetch(`${url}/api/stats`)).json();
      return watchers === 1; // the dashboard's own stream of numbers
    });
    const before = await frames(page).count();
    client.send(sent);
    await client.settled();
    assert.equal(await frames(page).count(), before, "what was seen stays, and nothing comes");

    // Who begins again begins without texts.
    await page.getByRole("button", { name: "Follow again" }).click();
    await page.getByText(FOLLOWED).waitFor();
    await page.getByRole("button", { name: "With texts…" }).waitFor();
    client.send(sent);
    await came.first().waitFor();
    assert.ok(!(await page.getByRole("main").textContent())?.includes("a secret of mine"));
    assert.equal((await noted()).length, 1);
    assert.deepEqual(dashboard.errors, []);
  },
);

Deno.test("dashboard: a trace of a room is held and cleared", OPTIONS, async () => {
  const { webSocketUrl, url } = program();
  await using client = await TestClient.join(webSocketUrl, { user: 61, room: "Held-Room" });
  await using dashboard = new Dashboard(url);
  const page = await dashboard.open("trace");
  await page.getByRole("button", { name: "Room", exact: true }).click();
  await page.getByRole("textbox", { name: "Room" }).fill("Held-Room");
  await page.getByRole("button", { name: "Follow", exact: true }).click();
  await page.getByRole("heading", { name: "Room Held-Room" }).waitFor();
  await page.getByText(FOLLOWED).waitFor();
  client.send({ type: "message", message: "one", room: "Held-Room" });
  await frames(page).filter({ hasText: "message" }).first().waitFor();
  await page.getByRole("button", { name: "Hold" }).click();
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByText("Held: nothing is followed until it goes on").waitFor();
  await page.getByRole("main").getByRole("button", { name: "Go on" }).click();
  await page.getByText(FOLLOWED).waitFor();
  assert.deepEqual(dashboard.errors, []);
});

function frames(page: Page) {
  return page.getByRole("group", { name: "Frames", exact: true }).locator("tbody tr");
}
