/** The client library as browsers get it: one ES module, and a SharedWorker for all tabs. */
import assert from "node:assert/strict";
import { build, stop } from "esbuild";
import { openContext, OPTIONS } from "./support/browser.ts";
import { ROOT } from "./support/paths.ts";
import { Program } from "./support/program.ts";
import { Proxy } from "./support/proxy.ts";
import { waitFor } from "./support/wait.ts";

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
    const page = await context.newPage();
    const ws = program.webSocketUrl;
    const query = new URLSearchParams({ ws, shared: "true", worker: "/is-not-there" });
    await page.goto(`${site.url}/?${query}`);
    await waitFor("it is in", async () => (await page.innerText("body")).includes("We are in"));
  },
);

const PAGE = `<!doctype html><meta charset="utf-8"><body><script type="module">
  import { connect, sharedTransport } from "/notifyli.js";
  const query = new URLSearchParams(location.search);
  const transport = query.get("shared") === "true"
    ? sharedTransport(query.get("worker") ?? "/notifyli-worker.js")
    : undefined;
  const client = connect({ url: query.get("ws"), userId: 123, name: "Alice", transport });
  globalThis.client = client;
  const show = (text) => document.body.append(document.createElement("br"), text);
  client.on("notification", ({ name, message }) =>
    show(name + ": " + message + " (" + client.notifications.unread + ")"));
  client.subscribe("lobby", ({ name, message }) => show(name + ": " + message))
    .on("subscribed", () => show("We are in"));
</script>`;

/** The page and the two bundles. */
class Site implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(library: string, worker: string) {
    const script = (text: string) =>
      new Response(text, { headers: { "content-type": "text/javascript" } });
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/notifyli.js") return script(library);
      if (pathname === "/notifyli-worker.js") return script(worker);
      return new Response(PAGE, { headers: { "content-type": "text/html" } });
    });
  }

  static async open(): Promise<Site> {
    try {
      return new Site(await bundled("mod.ts"), await bundled("shared_worker.ts"));
    } finally {
      await stop();
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

async function bundled(entry: string): Promise<string> {
  const { outputFiles: [file] } = await build({
    entryPoints: [`${ROOT}lib/sdk/${entry}`],
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    write: false,
  });
  return file?.text ?? assert.fail();
}
