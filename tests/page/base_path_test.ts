/** The page and the library at a path of somebody's site, behind a real proxy, in a real Chromium. */
import assert from "node:assert/strict";
import { openContext, OPTIONS, useWholeBrowser } from "../support/browser.ts";
import { connected, hears, say } from "../support/page.ts";
import { Program } from "../support/program.ts";
import { type PATH_PROXIES, RealProxy } from "../support/real_proxy.ts";
import { waitFor } from "../support/wait.ts";

useWholeBrowser(); // what one site may do to another is for more than its pages to say

const BASES = {
  "nginx that cuts its path off": "",
  "nginx that passes its path on": "/realtime",
} as const satisfies Record<keyof typeof PATH_PROXIES, string>;

/** In the page: what its manifest says, whether its icons are as large as that, and where its service worker works. */
const INSTALLABLE = `(async () => {
  const { href } = document.querySelector("link[rel=manifest]");
  const { start_url, icons } = await (await fetch(href)).json();
  const isThere = async ({ src, sizes }) => {
    const image = new Image();
    image.src = new URL(src, href);
    await image.decode();
    return sizes === "any" || sizes === image.naturalWidth + "x" + image.naturalHeight;
  };
  const { scope } = await navigator.serviceWorker.register("notifyli-push.js");
  return {
    start: new URL(start_url, href).href,
    icons: await Promise.all(icons.map(isThere)),
    scope,
  };
})()`;

for (const [name, base] of Object.entries(BASES) as [keyof typeof BASES, string][]) {
  Deno.test(`page: works at a path, behind ${name}`, OPTIONS, async () => {
    await using program = await Program.start({ env: { APP_BASE_PATH: base } });
    await using proxy = await RealProxy.start(name, program.port);
    await using context = await openContext();
    const page = await context.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (line) => {
      if (line.type() === "error") errors.push(line.text());
    });
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    const site = `http://127.0.0.1:${proxy.port}`;
    await page.goto(`${site}/realtime`); // the slash is added on the way
    assert.equal(page.url(), `${site}/realtime/`);
    await page.getByLabel("User ID").fill("1");
    await page.getByLabel("Name").fill("Alice");
    await page.getByLabel("Room").fill("lobby");
    await page.getByText(`${site}/realtime/api/users/123/notifications`).first().waitFor();
    await page.getByRole("button", { name: "Connect" }).click();
    await connected(page);
    await say(page, "Hello");
    await hears(page, "Hello");
    assert.deepEqual(await page.evaluate(INSTALLABLE), {
      start: `${site}/realtime/`,
      icons: Array(4).fill(true),
      scope: `${site}/realtime/`,
    });
    assert.deepEqual(asked.filter((path) => !path.startsWith("/realtime")), []);
    assert.deepEqual(errors, []);

    // A page of the site beside it takes the library from there, and connects to the server that it is from.
    await page.goto(`${site}/realtime/healthz`);
    const url = await page.evaluate(async (library) => {
      const { connect } = await import(library);
      const client = connect({ userId: 2 });
      return await new Promise((resolve) =>
        client.on("state", (state: { kind: string; url: string }) => {
          if (state.kind === "online") resolve(state.url);
        })
      );
    }, `${site}/realtime/notifyli.js`);
    assert.equal(url, `ws://127.0.0.1:${proxy.port}/realtime/ws`);
  });
}

Deno.test(
  "page: a page of another site that may connect imports the library",
  OPTIONS,
  async () => {
    await using other = await Program.start(); // some other site
    await using program = await Program.start({ env: { APP_ALLOWED_ORIGINS: other.url } });
    await using context = await openContext();
    for (
      const [isAllowed, from] of [[true, `${other.url}/healthz`], [
        false,
        `${other.url.replace("127.0.0.1", "localhost")}/healthz`,
      ]] as const
    ) {
      const page = await context.newPage();
      await page.goto(from);
      const outcome = await page.evaluate(async (server) => {
        try {
          const { connect } = await import(`${server}/notifyli.js`);
          const config = await (await fetch(`${server}/config.json`)).json();
          const client = connect({ userId: 2 });
          const url = await new Promise((resolve) =>
            client.on("state", (state: { kind: string; url: string }) => {
              if (state.kind === "online") resolve(state.url);
            })
          );
          return `${url} ${config.open}`;
        } catch (error) {
          return `${error}`;
        }
      }, program.url);
      if (isAllowed) assert.equal(outcome, `${program.webSocketUrl} true`);
      else assert.match(outcome, /Failed to fetch/);
    }
    await waitFor(
      "the log says who was refused",
      () => program.log.some(({ message }) => message.includes('"http://localhost:')),
    );
  },
);

Deno.test(
  "page: a hidden frame and a window of another site take no notification",
  OPTIONS,
  async () => {
    await using other = await Program.start();
    await using program = await Program.start({ env: { APP_ALLOWED_ORIGINS: "*" } });
    const sent = await fetch(`${program.url}/api/users/7/notifications`, {
      method: "POST",
      headers: { "idempotency-key": "for-user-7" },
      body: "for user 7 alone",
    });
    await sent.body?.cancel();
    await using context = await openContext();
    const page = await context.newPage();
    // Nothing keeps this page from frames.
    await page.goto(`${other.url.replace("127.0.0.1", "localhost")}/healthz`);
    const answers: number[] = [];
    const asked: string[] = [];
    context.on("request", (request) => {
      if (request.url().includes("/sse")) asked.push(request.resourceType());
    });
    context.on("response", (response) => {
      if (response.url().includes("/sse")) answers.push(response.status());
    });
    await page.evaluate((address) => {
      const { document, open } = globalThis as unknown as {
        document: {
          createElement(name: string): { src: string };
          body: { append(...nodes: unknown[]): void };
        };
        open(address: string): void;
      };
      for (const name of ["iframe", "img", "script", "embed"]) {
        const element = document.createElement(name);
        element.src = address;
        document.body.append(element);
      }
      open(address);
    }, `${program.url}/sse?user_id=7&room=/user/7`);
    await waitFor("all ask", () => asked.length >= 5);
    // A browser keeps some answers even from its own tools.
    await waitFor("the frame and the window are answered", () => answers.length >= 2);
    assert.deepEqual([...new Set(answers)], [403]);
    const receipt = await fetch(`${program.url}/api/notifications/for-user-7`);
    assert.equal((await receipt.json()).state, "queued");
  },
);
