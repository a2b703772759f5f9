/** Signing in to the dashboard and out of it, with keys, without any, and behind a proxy at a path. */
import assert from "node:assert/strict";
import { OPTIONS } from "../support/browser.ts";
import { choose, Dashboard, keyField, keyFor, live, row } from "../support/dashboard.ts";
import { Manager } from "../support/manager.ts";
import { type PATH_PROXIES, RealProxy } from "../support/real_proxy.ts";
import { overflow } from "../support/look.ts";
import { Program } from "../support/program.ts";
import { APP_KEY } from "../support/tokens.ts";

/** A browser says in its console what was refused. */
const REFUSED = /^Failed to load resource: .* 40[13]/;

for (const listener of ["deno", "node"]) {
  Deno.test(`dashboard: a key opens it, and its end closes it (${listener})`, OPTIONS, async () => {
    await using program = await Program.start({ env: { APP_KEY, APP_LISTENER: listener } });
    await using dashboard = new Dashboard(program.url);
    const page = await dashboard.open("users/7");
    await page.getByText("It needs an API key with the scope 'manage'.").waitFor();

    await keyField(page).fill("no key at all");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("it has to be an API key").waitFor();
    const reader = await keyFor(program, { scopes: ["read"] });
    await keyField(page).fill(reader);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("lacks the scope 'manage'").waitFor();
    assert.ok(dashboard.errors.every((error) => /40[03]/.test(error)), dashboard.errors.join("\n"));
    dashboard.errors.length = 0;

    const key = await keyFor(program, { name: "night watch" });
    await keyField(page).fill(key);
    await page.getByRole("button", { name: "Sign in" }).click();
    await live(page);
    await page.getByRole("heading", { name: "Users / 7" }).waitFor(); // where it was to go
    const stored = await page.evaluate(
      "JSON.stringify([{ ...localStorage }, { ...sessionStorage }])",
    );
    assert.ok(!String(stored).includes(key), "the key stays nowhere in the browser");
    assert.equal(await page.evaluate("document.cookie"), "", "no script reads the session");

    await page.reload();
    await live(page);
    await page.getByRole("button", { name: "Sign out night watch" }).click();
    await keyField(page).waitFor();

    await keyField(page).fill(key);
    await page.getByRole("button", { name: "Sign in" }).click();
    await live(page);
    assert.deepEqual(dashboard.errors, []);
    const manager = await Manager.of(program);
    await manager.call(program, "DELETE", `/keys/${key.split("_")[1]}`);
    // The stream ends by itself, and with it the view: nobody has to click.
    await page.getByText(/the API key \w+ is revoked/i).waitFor();
    assert.ok(dashboard.errors.every((error) => REFUSED.test(error)), dashboard.errors.join("\n"));
  });
}

Deno.test(
  "dashboard: who sits at an open server needs no key until there is one",
  OPTIONS,
  async () => {
    await using program = await Program.start({ isGuarded: true });
    await using dashboard = new Dashboard(program.url);
    const page = await dashboard.open("keys");
    await live(page);
    assert.equal(await page.getByRole("button", { name: /Sign out/ }).count(), 0);
    await page.getByRole("button", { name: "Make a key" }).click();
    await page.getByLabel("Name").fill("first");
    await page.getByRole("checkbox", { name: /^manage/ }).uncheck();
    await page.getByText("Without “manage” nobody can open this dashboard").waitFor();
    await page.getByRole("checkbox", { name: /^manage/ }).check();
    await page.getByRole("button", { name: "Make it" }).click();
    const key = await page.getByRole("dialog").locator("code").textContent() ?? "";
    assert.match(key, /^nk_\w{12}_\w{40}$/);
    await page.getByRole("button", { name: "I have copied it" }).click();
    await row(page, "API keys", "first").waitFor();
    assert.ok(!(await page.content()).includes(key), "it is shown once");
    await page.reload();
    await live(page);
    await page.getByRole("button", { name: "Sign out first" }).waitFor();

    await choose(page, "Actions for key first", "Revoke…");
    await page.getByRole("heading", { name: "Revoke key first?" }).waitFor();
    await page.getByText("You are signed in with it, and will be signed out.").waitFor();
    await page.getByRole("button", { name: "Revoke", exact: true }).click();
    await keyField(page).waitFor();
  },
);

const BASES = {
  "nginx that cuts its path off": "",
  "nginx that passes its path on": "/realtime",
} as const satisfies Record<keyof typeof PATH_PROXIES, string>;

for (const [name, base] of Object.entries(BASES) as [keyof typeof BASES, string][]) {
  Deno.test(`dashboard: works at a path, behind ${name}`, OPTIONS, async () => {
    await using program = await Program.start({ env: { APP_KEY, APP_BASE_PATH: base } });
    await using proxy = await RealProxy.start(name, program.port);
    await using dashboard = new Dashboard(`http://127.0.0.1:${proxy.port}/realtime`);
    const page = await dashboard.signedIn(await keyFor(program));
    const cookies = await page.context().cookies();
    assert.deepEqual(
      cookies.map(({ name, path, httpOnly, sameSite }) => ({
        ...{ name, path, httpOnly, sameSite },
      })),
      [{ name: "notifyli_admin", path: "/realtime/admin", httpOnly: true, sameSite: "Strict" }],
    );
    await page.getByRole("link", { name: "API keys" }).click();
    await row(page, "API keys", "dash").waitFor();
    assert.equal(await page.getByRole("link", { name: "Open chats" }).getAttribute("href"), "../");
    assert.deepEqual(dashboard.errors, []);
  });
}

Deno.test("dashboard: there is a frame while the session is asked for", OPTIONS, async () => {
  await using program = await Program.start({ env: { APP_KEY } });
  await using dashboard = new Dashboard(program.url);
  const page = await dashboard.open();
  await keyField(page).waitFor();
  const answer = Promise.withResolvers<void>();
  await page.route(/\/admin\/session$/, async (route) => {
    await answer.promise;
    await route.continue();
  });
  await page.reload();
  await page.getByRole("status", { name: "Loading" }).waitFor();
  await page.getByText("notifyli", { exact: true }).waitFor();
  for (const width of [360, 1440]) {
    await page.setViewportSize({ width, height: 800 });
    assert.equal(await overflow(page), 0, `at ${width}`);
  }
  answer.resolve();
  await keyField(page).waitFor();
});

Deno.test("dashboard: a key of another site sees its own site alone", OPTIONS, async () => {
  await using program = await Program.start({ env: { APP_KEY } });
  await using dashboard = new Dashboard(program.url);
  const key = await keyFor(program, { site: "shop" });
  const page = await dashboard.open("nodes");
  await keyField(page).fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Nodes are shown to keys of the default site alone").waitFor();
  await page.getByRole("link", { name: "Overview" }).click();
  await page.getByText("Nobody is in a room right now").waitFor();
  await page.getByRole("button", { name: "Refresh" }).click();
  await page.getByRole("link", { name: "API keys" }).click();
  await row(page, "API keys", "dash").waitFor();
  assert.deepEqual(dashboard.errors, []);
});
