/** The client library as browsers get it: one ES module, and a SharedWorker for all tabs. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { openContext, OPTIONS } from "../support/browser.ts";
import { bundled } from "../support/bundled.ts";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { Proxy } from "../support/proxy.ts";
import { APP_KEY, type Claims, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

for (const [shared, passes] of [[false, true], [true, true], [false, false], [true, false]]) {
  const how = shared ? "over one SharedWorker" : "each over its own connection";
  const where = passes ? "" : ", where no WebSocket passes";
  Deno.test(
    `SDK in a browser: two tabs talk and are notified ${how}${where}`,
    OPTIONS,
    async () => {
      await using site = await Site.open();
      await using program = await Program.start({ env: { APP_ALLOWED_ORIGINS: site.url } });
      await using proxy = new Proxy(program.port);
      proxy.refusesWebSockets = !passes;
      await using context = await openContext();
      const sockets: string[] = [];
      const tabs = await Promise.all([0, 1].map(async () => {
        const page = await context.newPage();
        page.on("websocket", (socket) => sockets.push(socket.url()));
        const query = new URLSearchParams({ ws: proxy.url, shared: String(shared) });
        await page.goto(`${site.url}/?${query}`);
        return page;
      }));
      const show = (text: string) =>
        Promise.all(
          tabs.map((page) =>
            waitFor(`${text} is shown`, async () => (await page.innerText("body")).includes(text))
          ),
        );
      await show("We are in");
      for (const [index, page] of tabs.entries()) {
        await page.evaluate(`client.publish("lobby", "from tab ${index}")`);
        await show(`Alice: from tab ${index}`);
      }
      const response = await fetch(`${program.url}/api/users/123/notifications?from=Shop`, {
        method: "POST",
        body: "Order shipped!",
      });
      await response.body?.cancel();
      await show("Shop: Order shipped! (1)");
      assert.equal(sockets.length, shared ? 0 : 2);
      assert.equal(proxy.webSockets, passes ? (shared ? 1 : 2) : 0);
      await tabs[0]?.close();
      const [, rest] = tabs;
      await rest?.evaluate("client.publish('lobby', 'and on')");
      await waitFor("it goes on", async () => (await rest?.innerText("body"))?.includes("and on"));
    },
  );
}

Deno.test(
  "SDK in a browser: where the SharedWorker does not start, each tab has its own connection",
  OPTIONS,
  async () => {
    await using site = await Site.open();
    await using program = await Program.start({ env: { APP_ALLOWED_ORIGINS: site.url } });
    await using context = await openContext();
    const ws = program.webSocketUrl;
    for (const worker of ["/is-not-there", `${program.url}/notifyli-worker.js`]) {
      const page = await context.newPage();
      const query = new URLSearchParams({ ws, shared: "true", worker });
      await page.goto(`${site.url}/?${query}`);
      await waitFor("it is in", async () => (await page.innerText("body")).includes("We are in"));
    }
  },
);

for (const passes of [true, false]) {
  const where = passes ? "" : ", where no WebSocket passes";
  Deno.test(
    `SDK in a browser: tabs of one SharedWorker are who their tokens say${where}`,
    OPTIONS,
    async () => {
      await using site = await Site.open();
      await using program = await Program.start({
        env: { APP_KEY, APP_ALLOWED_ORIGINS: site.url },
      });
      await using proxy = new Proxy(program.port);
      proxy.refusesWebSockets = !passes;
      const manager = await Manager.of(program);
      await using context = await openContext();
      const open = async (claims: Claims) => {
        const page = await context.newPage();
        const query = new URLSearchParams({
          ws: proxy.url,
          shared: "true",
          token: await connectionToken(claims),
        });
        await page.goto(`${site.url}/?${query}`);
        return page;
      };
      const text = (page: Page) => page.innerText("body");
      const tabs = await Promise.all(
        [{ sub: "alice" }, { sub: "alice", jti: "another" }, { sub: "bob" }].map(open),
      );
      for (const tab of tabs) {
        await waitFor("it is in", async () => (await text(tab)).includes("We are in"));
      }
      const [alice = assert.fail(), alicesOther = assert.fail(), bob = assert.fail()] = tabs;
      const late = await open({ sub: "alice", exp: 1 });
      await waitFor("it is stopped", async () => (await text(late)).includes("stopped 3501"));
      for (const user of ["alice", "bob"]) {
        await manager.done(program, `/users/${user}/notifications?from=Shop`, `for ${user}`);
      }
      for (const [tab, user] of [[alice, "alice"], [alicesOther, "alice"], [bob, "bob"]] as const) {
        await waitFor(
          "it is notified",
          async () => (await text(tab)).includes(`Shop: for ${user}`),
        );
      }
      assert.doesNotMatch(await text(bob), /for alice/);
      assert.doesNotMatch(await text(alice), /for bob|stopped/);
      assert.doesNotMatch(await text(late), /for |We are in/);
      assert.equal((await manager.stats(program))["clients"], 2);
    },
  );
}

Deno.test(
  "SDK in a browser: the cookie says who a tab is, also after another one signed in",
  OPTIONS,
  async () => {
    await using program = await Program.start({ env: { APP_KEY } });
    const manager = await Manager.of(program);
    await using context = await openContext();
    const html = PAGE.replace('query.get("ws")', "'/ws'");
    await context.route(
      "**/tab.html*",
      (route) => route.fulfill({ contentType: "text/html", body: html }),
    );
    const open = async (sub: string) => {
      const value = await connectionToken({ sub });
      await context.addCookies([{
        name: "notifyli_token",
        value,
        url: program.url,
        httpOnly: true,
        sameSite: "Strict",
      }]);
      const page = await context.newPage();
      await page.goto(`${program.url}/tab.html?shared=true`);
      await waitFor("it is in", async () => (await page.innerText("body")).includes("We are in"));
      return page;
    };
    const alices = [await open("alice"), await open("alice")];
    const bob = await open("bob");
    assert.equal((await manager.stats(program))["clients"], 2);
    for (const user of ["alice", "bob"]) {
      await manager.done(program, `/users/${user}/notifications?from=Shop`, `for ${user}`);
    }
    for (
      const [page, user] of [
        ...alices.map((page) => [page, "alice"] as const),
        [bob, "bob"] as const,
      ]
    ) {
      await waitFor(
        "it is notified",
        async () => (await page.innerText("body")).includes(`for ${user}`),
      );
    }
    assert.doesNotMatch(await bob.innerText("body"), /for alice/);
  },
);

Deno.test("SDK in a browser: a worker of another release is left alone", OPTIONS, async () => {
  await using site = await Site.open();
  await using program = await Program.start({ env: { APP_ALLOWED_ORIGINS: site.url } });
  await using context = await openContext();
  const page = await context.newPage();
  const query = new URLSearchParams({
    ws: program.webSocketUrl,
    shared: "true",
    worker: "/old.js",
  });
  await page.goto(`${site.url}/?${query}`);
  await waitFor("it is in", async () => (await page.innerText("body")).includes("We are in"));
});

/** As that of the first release answered. */
const OLD_WORKER = `onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => typeof data === "object" && port.postMessage({ opened: true });
};`;

const PAGE = `<!doctype html><meta charset="utf-8"><body><script type="module">
  import { connect, sharedTransport } from "/notifyli.js";
  const query = new URLSearchParams(location.search);
  const transport = query.get("shared") === "true"
    ? sharedTransport(query.get("worker") ?? "/notifyli-worker.js")
    : undefined;
  const token = query.get("token") ?? undefined;
  const who = token || document.URL.includes("tab.html") ? {} : { userId: 123, name: "Alice" };
  const client = connect({ url: query.get("ws"), ...who, token, transport });
  globalThis.client = client;
  const show = (text) => document.body.append(document.createElement("br"), text);
  client.on("state", ({ kind, code }) => kind === "stopped" && show(kind + " " + code));
  client.on("notification", ({ name, message }) =>
    show(name + ": " + message + " (" + client.notifications.unread + ")"));
  client.subscribe("lobby", ({ name, message }) => show(name + ": " + message))
    .on("subscribed", () => show("We are in"));
</script>`;

/** The page and the two bundles. */
class Site implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(library = "", worker = "") {
    const script = (text: string) =>
      new Response(text, { headers: { "content-type": "text/javascript" } });
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/notifyli.js") return script(library);
      if (pathname === "/notifyli-worker.js") return script(worker);
      if (pathname === "/old.js") return script(OLD_WORKER);
      return new Response(PAGE, { headers: { "content-type": "text/html" } });
    });
  }

  static async open(): Promise<Site> {
    return new Site(...await bundled("mod.ts", "tabs/shared_worker.ts"));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
