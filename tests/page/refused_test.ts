/** What the page says where its server refuses it: the reason, and not for ever that it reconnects. */
import assert from "node:assert/strict";
import { openContext, OPTIONS } from "../support/browser.ts";
import { Manager } from "../support/manager.ts";
import { connected, hears } from "../support/page.ts";
import { Program } from "../support/program.ts";
import { RealProxy } from "../support/real_proxy.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

Deno.test(
  "page: says that its origin is refused, where a proxy changes the header Host",
  OPTIONS,
  async () => {
    await using program = await Program.start();
    await using proxy = await RealProxy.start("nginx with upgrades", program.port);
    await using context = await openContext();
    const page = await context.newPage();
    const site = `http://127.0.0.1:${proxy.port}`;
    await page.goto(site);
    await page.getByLabel("User ID").fill("1");
    await page.getByLabel("Name").fill("Alice");
    await page.getByLabel("Room").fill("lobby");
    await page.getByRole("button", { name: "Connect" }).click();
    const banner = page.getByRole("region", { name: "Connection" });
    await banner.getByText(`A page of "${site}" may not connect`).waitFor();
    await banner.getByText("must pass on the header 'Host'").waitFor();
    await page.getByTestId("connection").getByText("Refused").waitFor();
    await waitFor(
      "the log says it, too",
      () =>
        program.log.some(({ message }) =>
          message.startsWith(`A page of "${site}" may not connect`)
        ),
    );
  },
);

Deno.test(
  "page: says what the server says of a connection too many, and comes back by itself",
  OPTIONS,
  async () => {
    await using program = await Program.start({ env: { APP_LIMIT_CONNECTIONS: "1" } });
    const who = { user_id: "7", room: "x" };
    await using first = await TestClient.connect(program.webSocketUrl, who);
    await using context = await openContext();
    const page = await context.newPage();
    await page.goto(program.url);
    await page.getByLabel("User ID").fill("1");
    await page.getByLabel("Name").fill("Alice");
    await page.getByLabel("Room").fill("lobby");
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByRole("region", { name: "Connection" }).getByText("Cannot connect now")
      .waitFor();
    await first.close();
    await connected(page);
    assert.equal(await page.getByRole("region", { name: "Connection" }).count(), 0);
  },
);

Deno.test(
  "page: says in a room that its user was put out of it, and comes back",
  OPTIONS,
  async () => {
    await using program = await Program.start({ env: { APP_KEY } });
    const manager = await Manager.of(program);
    await using context = await openContext();
    const page = await context.newPage();
    await page.goto(program.url);
    await page.getByLabel("User ID").fill("1");
    await page.getByLabel("Name").fill("Alice");
    await page.getByLabel("Room").fill("lobby");
    await page.getByLabel("Token").fill(await connectionToken({ sub: "1" }));
    await page.getByRole("button", { name: "Connect" }).click();
    await connected(page);
    await manager.done(program, "/rooms/lobby/messages", { message: "Welcome", name: "Shop" });
    await hears(page, "Welcome");
    await manager.call(program, "DELETE", "/rooms/lobby/connections/1");
    const left = page.getByTestId("left");
    await left.getByText("another system put this user out").waitFor();
    const shots = Deno.env.get("SHOTS");
    for (const width of shots === undefined ? [] : [360, 1440]) {
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 700 });
        await page.screenshot({ path: `${shots}/left-${width}-${colorScheme}.png` });
      }
    }
    await left.getByRole("button", { name: "Come back" }).click();
    await left.waitFor({ state: "detached" });
    await manager.done(program, "/rooms/lobby/messages", { message: "Hello again", name: "Shop" });
    await hears(page, "Hello again");
    await manager.call(program, "PUT", "/rooms/lobby", { private: true });
    await left.getByText("it is private").waitFor();
  },
);
