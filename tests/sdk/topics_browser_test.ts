/** Topics in a browser: tabs that share a worker, elements that leave their page, and pages that are closed. */
import assert from "node:assert/strict";
import type { BrowserContext, Page } from "playwright-core";
import { becomesTrue } from "../support/becomes_true.ts";
import { openContext, OPTIONS } from "../support/browser.ts";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { waitFor } from "../support/wait.ts";

const NAME = "SDK topics in a browser: tabs are told as long as they watch";

for (const shared of [true, false]) {
  const how = shared ? "over one SharedWorker" : "each over its own connection";
  Deno.test(`${NAME}, ${how}`, OPTIONS, async () => {
    await using program = await Program.start();
    const manager = await Manager.of(program);
    await using context = await openContext();
    await context.route(
      "**/contact.html*",
      (route) => route.fulfill({ contentType: "text/html", body: PAGE }),
    );
    const publish = (id: number, by: string) =>
      manager.done(program, "/topics/Contact_Updated_Topic", { data: { id, by } });
    const stats = async (subscriptions: number, clients: number) => {
      await waitFor(`${subscriptions} subscriptions of ${clients} clients`, async () => {
        const { topic_subscriptions, clients: now } = await manager.stats(program);
        return topic_subscriptions === subscriptions && now === clients;
      });
    };
    const address = `${program.url}/contact.html?shared=${shared}&id=`;
    const [one, other, six] = [
      await open(context, `${address}5`),
      await open(context, `${address}5`),
      await open(context, `${address}6`),
    ];
    await stats(shared ? 3 : 6, shared ? 1 : 3);
    await publish(5, "Alice");
    await publish(6, "Bob");
    const before = ["5 Alice", "all Alice", "all Bob"];
    await Promise.all([hears(one, ...before), hears(other, ...before)]);
    await hears(six, "all Alice", "6 Bob", "all Bob");
    await one.evaluate("card.remove()");
    await stats(shared ? 3 : 5, shared ? 1 : 3);
    await publish(5, "Carol");
    await hears(other, ...before, "5 Carol", "all Carol");
    await hears(one, ...before, "all Carol");
    await other.close();
    await stats(shared ? 2 : 3, shared ? 1 : 2);
    await one.evaluate("leave.abort()");
    await stats(2, shared ? 1 : 2);
    await publish(6, "Dave");
    await hears(six, "all Alice", "6 Bob", "all Bob", "all Carol", "6 Dave", "all Dave");
    await hears(one, ...before, "all Carol");
  });
}

async function open(context: BrowserContext, address: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(address);
  await becomesTrue(page, "isIn === 2");
  return page;
}

/** Resolves when the page has heard all of this, in whatever order, and nothing else. */
async function hears(page: Page, ...all: string[]): Promise<void> {
  await becomesTrue(page, `heard.length >= ${all.length}`);
  assert.deepEqual(await page.evaluate("heard.toSorted()"), all.toSorted());
}

/** A component's element in a shadow root watches its contact, and the page all of them. */
const PAGE = `<!doctype html><meta charset="utf-8"><body></body><script type="module">
  import { connect, sharedTransport } from "/notifyli.js";
  const query = new URLSearchParams(location.search);
  const transport = query.get("shared") === "true"
    ? sharedTransport("/notifyli-worker.js")
    : undefined;
  const client = connect({ userId: 123, transport });
  const heard = [];
  const leave = new AbortController();
  const card = document.createElement("div");
  const element = card.attachShadow({ mode: "closed" }).appendChild(document.createElement("p"));
  Object.assign(globalThis, { isIn: 0, heard, leave, card });
  const id = Number(query.get("id"));
  const topic = (...asked) => client.topic("Contact_Updated_Topic", ...asked);
  const all = [
    topic({ id }, ({ data }) => heard.push(id + " " + data.by), { element }),
    topic(({ data }) => heard.push("all " + data.by), leave),
  ];
  for (const subscription of all) subscription.on("subscribed", () => isIn++);
  document.body.append(card);
</script>`;
