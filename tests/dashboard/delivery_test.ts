/** What became of notifications in the dashboard: step by step, what waits for its time, what was not taken, and endpoints. */
import assert from "node:assert/strict";
import { OPTIONS } from "../support/browser.ts";
import { choose, Dashboard, row } from "../support/dashboard.ts";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { hookEnv, Receiver } from "../support/receiver.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";

Deno.test(
  "dashboard: a notification's page shows every step, and why one was not made",
  OPTIONS,
  async () => {
    await using program = await Program.start({ env: { APP_KEY, APP_NODE_NAME: "node-a" } });
    const manager = await Manager.of(program);
    const token = await connectionToken({ sub: "7" });
    await using _ = await TestClient.connectWithToken(program.webSocketUrl, token);
    await manager.done(program, "/notifications", {
      user_id: 7,
      message: "Here",
      id: "to-seven-1",
      title: "Disk full",
    });
    await manager.done(program, "/notifications", {
      user_id: 8,
      message: "Away",
      id: "to-eight-1",
    });
    const deliver_at = Math.floor(Date.now() / 1000) + 3600;
    await manager.done(program, "/notifications", {
      user_id: 8,
      message: "Later",
      title: "Tomorrow",
      id: "to-eight-2",
      deliver_at,
    });
    await using dashboard = new Dashboard(program.url);
    const page = await dashboard.signedIn(manager.key, "notifications");
    await page.getByRole("textbox", { name: "Notification", exact: true }).fill("to-eight-1");
    await page.getByRole("button", { name: "Show its steps" }).click();
    const steps = page.getByRole("main").getByRole("listitem");
    await steps.filter({ hasText: "Accepted" }).filter({ hasText: "on node-a" }).waitFor();
    const published = steps.filter({ hasText: "Published" });
    assert.match(await published.textContent() ?? "", /Why not: The user has no connection\./);
    assert.match(await published.getAttribute("class") ?? "", /step-held/);
    assert.match(
      await steps.filter({ hasText: "Stored" }).textContent() ?? "",
      /\d\d:\d\d:\d\d\.\d{3}\+.* ms/,
    );

    // The search finds it by its id.
    await page.keyboard.press("/");
    await page.keyboard.type("to-seven-1");
    await page.getByRole("option", { name: /^to-seven-1 Notification/ }).click();
    await steps.filter({ hasText: "Sent" }).filter({ hasText: "connection" }).waitFor();

    await page.getByRole("link", { name: "Scheduled" }).click();
    const waiting = row(page, "Scheduled", "Tomorrow");
    await waiting.filter({ hasText: "59 min" }).waitFor();
    await waiting.getByRole("link", { name: "Tomorrow" }).click();
    await steps.filter({ hasText: "Scheduled" }).getByText(/Why not: It waits for its time/)
      .waitFor();
    await page.goto(`${program.url}/admin/#/notifications/no-such-one`);
    await page.getByRole("alert").filter({ hasText: 'There is no notification "no-such-one"' })
      .waitFor();
    assert.deepEqual(dashboard.errors.filter((error) => !error.includes("404")), []);
  },
);

Deno.test(
  "dashboard: what was not taken is looked at, sent again and thrown away",
  OPTIONS,
  async () => {
    await using receiver = new Receiver();
    await using redis = await RedisServer.start();
    const env = { ...redis.env, ...hookEnv(receiver.url), APP_KEY };
    await using program = await Program.start({ env });
    await program.hearsRedis();
    const manager = await Manager.of(program);
    const dead = "notifyli:notifications-dead";
    const add = (reason: string, message: string) =>
      redis.call("XADD", dead, "*", ...["reason", reason, "way", "stream", "entry", "1-1"], ...[
        "user_id",
        "7",
        "message",
        message,
      ]);
    await add("was down", "Once more");
    await add("it makes no sense", "");
    await using dashboard = new Dashboard(program.url);
    const page = await dashboard.signedIn(manager.key, "dead-letters");
    await row(page, "Dead letters of Redis", "was down").waitFor();
    const bad = row(page, "Dead letters of Redis", "it makes no sense");
    const id = (await bad.locator(".cell-id").textContent()) ?? "";
    await choose(page, `Actions for ${id}`, "Look inside");
    await page.getByRole("dialog").getByText('"user_id": "7"').waitFor();
    await page.keyboard.press("Escape");

    // What is refused again stays, and its reason is shown where one asked.
    await choose(page, `Actions for ${id}`, "Send again…");
    await page.getByRole("button", { name: "Send again", exact: true }).click();
    await page.getByRole("dialog").getByRole("alert").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await choose(page, `Actions for ${id}`, "Throw away…");
    await page.getByRole("heading", { name: `Throw ${id} away?` }).waitFor();
    await page.getByRole("button", { name: "Throw away", exact: true }).click();
    await bad.waitFor({ state: "detached" });

    await page.getByRole("button", { name: "Send 1 again…" }).click();
    await page.getByRole("button", { name: "Send again", exact: true }).click();
    await page.getByText("No dead letter: all that came was taken").waitFor();
    const { json } = await manager.call(program, "GET", "/users/7");
    assert.equal((json["inbox"] as Record<string, number>)["unread"], 1);

    await page.getByRole("link", { name: "Webhooks" }).click();
    const endpoint = row(page, "Webhooks", "hook ·");
    await endpoint.waitFor();
    assert.ok(
      !(await endpoint.textContent())?.includes(new URL(receiver.url).pathname.slice(1) || "?"),
    );
    assert.deepEqual(dashboard.errors.filter((error) => !/ 4\d\d /.test(error)), []);
  },
);
