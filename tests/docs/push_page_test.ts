/** Executes what `docs/push.md` shows of pages and their service workers, on a site beside the server's, in Firefox. */
import assert from "node:assert/strict";
import { OPTIONS } from "../support/browser.ts";
import { Firefox } from "../support/firefox.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { BrowserPushService } from "../support/push/browser_push_service.ts";
import { waitFor } from "../support/wait.ts";

const TEXT = await Deno.readTextFile(`${ROOT}docs/push.md`);

Deno.test("docs/push.md: a page of another site, and its service worker", OPTIONS, async () => {
  await using service = new BrowserPushService();
  const site = new Site();
  await using program = await Program.start({
    env: { APP_ALLOWED_ORIGINS: site.url, APP_OUTGOING_PRIVATE_IPS: "127.0.0.1" },
  });
  await using _site = site.open(program.url);
  await using firefox = await Firefox.start(service.webSocketUrl);
  await firefox.go(`${site.url}/`);
  await service.greeted();
  await firefox.click(`//button[.="Show notifications on this device"]`);
  await firefox.there(`//button[.="Turn off"]`);
  const notify = (fields: object) =>
    fetch(`${program.url}/api/users/1/notifications`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(fields),
    }).then((response) => response.body?.cancel());
  await firefox.go("about:blank");
  await waitFor("nobody is connected", async () => {
    const stats = await fetch(`${program.url}/api/stats`);
    return (await stats.json()).clients === 0;
  });
  await notify({ id: "order-0007", title: "Order 7", message: "Shipped" });
  await waitFor("it is shown", async () => (await firefox.alerts()).includes("Order 7: Shipped"));
  await firefox.go(`${site.url}/`);
  await firefox.there(`//button[.="Turn off"]`);
  await firefox.clickAlert("Order 7");
  await waitFor(
    "the page goes there",
    async () => (await firefox.tabs()).includes(`${site.url}/notifications/order-0007`),
  );
  await waitFor("it is read", async () => {
    const response = await fetch(`${program.url}/api/notifications/order-0007`);
    return (await response.json()).state === "read";
  });
  await firefox.click(`//button[.="Turn off"]`);
  await firefox.there(`//button[.="Show notifications on this device"]`);
  const devices = await fetch(`${program.url}/api/users/1/devices`);
  assert.deepEqual((await devices.json()).devices, []);
});

/** A site with one page, which is at all its addresses, and a service worker. */
class Site {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly url = `http://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;

  open(server: string): AsyncDisposable {
    const worker = block("worker").replace("https://notify.example", server);
    const page = `<!doctype html><meta charset="utf-8"><button hidden></button>
      <script type="module">
        import { connect } from "${server}/notifyli.js";
        const client = connect({ userId: 1 });
        ${block("page")}
      </script>`;
    const { port } = this.#listener.addr as Deno.NetAddr;
    this.#listener.close();
    return Deno.serve(
      { hostname: "127.0.0.1", port, onListen() {} },
      ({ url }) =>
        url.endsWith("/sw.js")
          ? new Response(worker, { headers: { "content-type": "text/javascript" } })
          : new Response(page, { headers: { "content-type": "text/html" } }),
    );
  }
}

function block(name: string): string {
  const [, text] = new RegExp(`<!-- example: ${name} -->\\s+\`\`\`\\w*\\n(.*?)\`\`\``, "s")
    .exec(TEXT) ?? assert.fail(name);
  return text ?? "";
}
