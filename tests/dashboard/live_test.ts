/** The dashboard follows what happens by one stream, rests when it is not looked at, and says when it is cut off. */
import assert from "node:assert/strict";
import { becomesTrue } from "../support/becomes_true.ts";
import { OPTIONS } from "../support/browser.ts";
import { Dashboard, live } from "../support/dashboard.ts";
import { freePort } from "../support/free_port.ts";
import { Program } from "../support/program.ts";
import { sharedProgram } from "../support/shared_program.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const program = sharedProgram({ APP_NODE_NAME: "node-a" });

Deno.test(
  "dashboard: numbers, charts and lists follow what happens, and nothing is asked for again and again",
  OPTIONS,
  async () => {
    await using dashboard = new Dashboard(program().url);
    const page = await dashboard.open();
    await live(page);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    const figure = page.getByRole("region", { name: "Now" }).locator(".figure");
    await figure.filter({ hasText: /Connections\s*0/ }).waitFor();
    await using client = await TestClient.join(program().webSocketUrl, {
      user: 1,
      room: "follow-me",
    });
    await figure.filter({ hasText: /Connections\s*1/ }).waitFor();
    await figure.filter({ hasText: /Users\s*1\s*In 1 room/ }).waitFor();
    await page.getByRole("link", { name: "follow-me" }).waitFor();
    await page.getByRole("img", {
      name: /^Connections of the last 10 minutes: 1 now, at most 1 at .*node-a started$/,
    }).waitFor();
    client.send({ type: "message", message: "hi" });
    // Whoever looks on while nothing changes asks for nothing.
    asked.length = 0;
    await waitFor("some more reports have come", async () => {
      const at = await page.evaluate("performance.now()") as number;
      return at > 12_000;
    });
    const again = asked.filter((path) => path.endsWith("/nodes"));
    assert.deepEqual(again, [], "the nodes are not asked for again");
    assert.ok(asked.length <= 4, asked.join());
    assert.deepEqual(dashboard.errors, []);
  },
);

Deno.test("dashboard: it rests while paused or hidden, and goes on", OPTIONS, async () => {
  await using dashboard = new Dashboard(program().url);
  const page = await dashboard.open("users");
  await live(page);
  const watchers = async () => {
    const response = await fetch(`${program().url}/api/stats`);
    return (await response.json()).watchers as number;
  };
  await waitFor("one watches", async () => await watchers() === 1);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("status").filter({ hasText: "Paused" }).waitFor();
  await waitFor("nobody watches", async () => await watchers() === 0);
  await page.getByRole("button", { name: "Go on" }).click();
  await live(page);

  await page.evaluate(HIDE, true);
  await page.locator(".live-state[data-state=hidden]").waitFor();
  await waitFor("nobody watches", async () => await watchers() === 0);
  await using _ = await TestClient.join(program().webSocketUrl, { user: "seen-later", room: "x" });
  await page.evaluate(HIDE, false);
  await live(page);
  await page.getByRole("link", { name: "seen-later" }).waitFor();
  assert.deepEqual(dashboard.errors, []);
});

/** The page does not come back by itself: that may be before somebody has clicked. Shorter times are those of drawing. */
const HOLD_RETRY = `{
  const set = setTimeout;
  globalThis.isRetryHeld = false;
  globalThis.setTimeout = (run, ms, ...rest) =>
    ms > 500 && ms < 30_000 ? (isRetryHeld = true, 0) : set(run, ms, ...rest);
}`;

Deno.test(
  "dashboard: cut off from the server it says so, keeps what it shows, and comes back",
  OPTIONS,
  async () => {
    const port = String(freePort());
    const dataDir = await Deno.makeTempDir();
    const start = () => Program.start({ env: { APP_PORT: port }, dataDir });
    const first = await start();
    await using dashboard = new Dashboard(first.url);
    const page = await dashboard.open("nodes");
    await live(page);
    const name = page.getByRole("group", { name: "Nodes" }).getByRole("link")
      .filter({ hasText: "answers here" });
    await name.waitFor();
    const before = await name.textContent();
    await first[Symbol.asyncDispose]();
    await page.getByText(/Not live\. The server cannot be reached\. What is shown is from \d/)
      .waitFor();
    assert.equal(await name.textContent(), before, "what was there stays");
    await page.locator(".live-state[data-state=offline]").getByText("Offline").waitFor();
    await page.evaluate(HOLD_RETRY);
    await becomesTrue(page, "isRetryHeld");
    await using _ = await start();
    await page.getByRole("button", { name: "Try now" }).click();
    await live(page);
    await page.getByText("Not live.").waitFor({ state: "detached" });
    await Deno.remove(dataDir, { recursive: true });
  },
);

Deno.test(
  "dashboard: what takes long shows a skeleton, and what fails shows why, with a way to try again",
  OPTIONS,
  async () => {
    await using dashboard = new Dashboard(program().url);
    const page = await dashboard.open();
    await live(page);
    let isBroken = true;
    const held = Promise.withResolvers<void>();
    await page.route("**/admin/api/keys*", async (route) => {
      if (isBroken) {
        await held.promise;
        return await route.abort();
      }
      return await route.continue();
    });
    await page.getByRole("link", { name: "API keys" }).click();
    await page.getByRole("status", { name: "Loading" }).waitFor();
    held.resolve();
    const alert = page.getByRole("alert").filter({ hasText: "The server cannot be reached" });
    await alert.waitFor();
    isBroken = false;
    await alert.getByRole("button", { name: "Retry" }).click();
    await page.getByText("No key yet").waitFor();
    assert.equal(await alert.count(), 0);
  },
);

/** A tab that nobody looks at, as the browser says it. */
const HIDE = (isHidden: boolean) => {
  const { document, Event } = globalThis as unknown as {
    document: { dispatchEvent(event: unknown): void };
    Event: new (name: string) => unknown;
  };
  Object.defineProperty(document, "hidden", { configurable: true, get: () => isHidden });
  document.dispatchEvent(new Event("visibilitychange"));
};
