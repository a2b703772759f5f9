/** Executes the examples of `docs/client.md`: some in Chromium, from the server's own `/notifyli.js`, some in Deno. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import type { BrowserContext, Page } from "playwright-core";
import { connect } from "../../lib/sdk/mod.ts";
import { becomesTrue } from "../support/becomes_true.ts";
import { openContext, OPTIONS } from "../support/browser.ts";
import { Manager } from "../support/manager.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { APP_KEY, connectionToken, subscriptionToken } from "../support/tokens.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/client.md`);

/** A picture of one pixel. */
const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E" +
  "rkJggg==";

const examples = new Map(
  [...PAGE.matchAll(/<!-- example: (.+) -->\s+```\w+\n([^`]*(?:`[^`][^`]*)*)```/g)]
    .map(([, name = "", code = ""]) => [name, code]),
);

Deno.test("docs/client.md: every block is an example that is executed", () => {
  const names = [
    "browser",
    "room",
    "notifications",
    "inbox",
    "preferences",
    "data",
    "conversation",
    "chat",
  ];
  const others = ["conversation files", "contacts", "upload", "stream", "topic", "element", "ids"];
  assert.deepEqual([...examples.keys()], [...names, ...others]);
  assert.equal(PAGE.match(/^```\w+$/gm)?.length, examples.size);
});

Deno.test(
  "docs/client.md: browser",
  OPTIONS,
  async () => {
    await using program = await Program.start();
    await using context = await openContext();
    const page = await context.newPage();
    const lines: string[] = [];
    page.on("console", (line) => lines.push(line.text()));
    await page.route(
      "**/shop.html",
      (route) => route.fulfill({ contentType: "text/html", body: examples.get("browser") ?? "" }),
    );
    await page.goto(`${program.url}/shop.html`);
    const url = `${program.url}/api/users/123/notifications`;
    await waitFor("it is connected", async () => {
      const response = await fetch(`${program.url}/api/stats`);
      return (await response.json()).users === 1;
    });
    const response = await fetch(url, { method: "POST", body: "Your order has shipped" });
    await response.body?.cancel();
    await waitFor("the notification is logged", () => lines.includes("Your order has shipped"));
    await page.waitForFunction("document.title === '(1) Shop'");
  },
);

Deno.test("docs/client.md: room", async () => {
  const lines = await linesOf("room");
  assert.match(lines.join("\n"), /^sent as [\w-]+$/m);
  assert.ok(lines.includes("Alice: Hello!"), lines.join("\n"));
});

Deno.test("docs/client.md: notifications", async () => {
  await using program = await Program.start();
  const running = linesOf("notifications", program);
  await waitFor("it is connected", async () => {
    const response = await fetch(`${program.url}/api/stats`);
    return (await response.json()).users === 1;
  });
  const calls = [
    ["POST", "/api/users/123/notifications", "Packing", "10"],
    ["PATCH", "/api/notifications/order-12345", "On its way", "60"],
    ["PATCH", "/api/notifications/order-12345", "Delivered", "100"],
  ] as const;
  for (const [method, path, body, progress] of calls) {
    const headers = { "idempotency-key": "order-12345", "x-progress": progress };
    const response = await fetch(`${program.url}${path}`, { method, body, headers });
    assert.ok(response.ok, await response.text());
  }
  assert.deepEqual(await running, ["Packing 10", "On its way 60", "Delivered 100"]);
});

Deno.test("docs/client.md: inbox", async () => {
  await using program = await Program.start();
  const order = { kind: "order", group: "orders" };
  for (
    const fields of [
      { title: "Order 1", ...order },
      { title: "Order 2", ...order },
      { title: "Where to?", kind: "ask", actions: [{ type: "reply", label: "Answer" }] },
    ]
  ) await send(program, { user_id: 123, message: "x", ...fields });
  assert.deepEqual(await linesOf("inbox", program), [
    "ask Where to?",
    "order Order 2, for Order 2,Order 1",
    "answered: At the door",
    "later: Where to?",
    "archived: Order 2",
    "unread again: 3",
  ]);
});

Deno.test("docs/client.md: preferences", async () => {
  await using program = await Program.start();
  const running = linesOf("preferences", program);
  // Until the user follows the topic, it is sent to nobody.
  let isOver = false;
  void running.finally(() => isOver = true).catch(() => {});
  await waitFor("it has come", async () => {
    await send(program, { topic: "sport", message: "Goal!", critical: true });
    return isOver;
  });
  const [chosen, message] = await running;
  assert.equal(chosen, 'false true [ [ "22:00", "09:00" ] ]');
  assert.equal(message, "Goal!");
});

async function send(program: Program, fields: object): Promise<void> {
  const response = await fetch(`${program.url}/api/notifications`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(fields),
  });
  assert.ok(response.ok, await response.text());
}

Deno.test("docs/client.md: data", async () => {
  const lines = await linesOf("data");
  assert.deepEqual(lines, ['{ move: "e2e4" }']);
});

Deno.test("docs/client.md: conversation", async () => {
  assert.deepEqual(await linesOf("conversation"), [
    "sent",
    "Alice has written 1 message",
    "Hello, Bob! was read",
  ]);
});

Deno.test("docs/client.md: chat, in two tabs over one connection", OPTIONS, async () => {
  await using program = await Program.start();
  // The server is so far away that a page is there well before its connection.
  await using proxy = new TcpProxy(program.port);
  proxy.delayMs = 100;
  await using context = await openContext();
  await context.route(
    "**/chat.html",
    (route) => route.fulfill({ contentType: "text/html", body: examples.get("chat") ?? "" }),
  );
  const tabs = [await context.newPage(), await context.newPage()];
  for (const tab of tabs) await tab.goto(`http://127.0.0.1:${proxy.port}/chat.html`);
  const shows = async (text: string) => {
    for (const tab of tabs) {
      await becomesTrue(tab, `document.body.textContent.includes(${JSON.stringify(text)})`);
    }
  };
  const second = tabs[1] ?? assert.fail();
  await second.fill("input", "Hello, Bob!");
  await second.press("input", "Enter");
  await shows("Alice: Hello, Bob! sent");
  const bob = connect({ url: program.webSocketUrl, userId: 2, name: "Bob" });
  try {
    const { id } = await bob.conversations.private(1);
    const chat = bob.conversation(id);
    await chat.ready;
    await shows("Alice: Hello, Bob! delivered");
    const typists: (string | undefined)[] = [];
    chat.on("typing", ([user]) => void typists.push(user?.name));
    await waitFor("he sees that she is typing", async () => {
      await second.press("input", "x"); // the server tells at a pace, too
      return typists.includes("Alice");
    });
    chat.markRead();
    await shows("Alice: Hello, Bob! read");
    await chat.send("Hi, Alice");
    await shows("Bob: Hi, Alice");
    await waitFor("it was read", () => chat.messages.at(-1)?.status === "read");
    for (const tab of tabs) await becomesTrue(tab, "document.title === '(0) Chat'");
    const stats = await (await fetch(`${program.url}/api/stats`)).json();
    assert.equal(stats.clients, 2, "the tabs share a connection");
  } finally {
    bob.close();
  }
});

Deno.test("docs/client.md: conversation files", async () => {
  assert.deepEqual(await linesOf("conversation files"), [
    "plan.txt has 8 bytes, with What do you think?; 1 in all",
  ]);
});

Deno.test("docs/client.md: contacts", async () => {
  assert.deepEqual(await linesOf("contacts"), [
    "Bobby is online",
    "{ readReceipts: false, showOnline: true, showLastSeen: true }",
  ]);
});

Deno.test("docs/client.md: topic", async () => {
  await using program = await Program.start();
  const manager = await Manager.of(program);
  await publish(manager, program, { id: 5, updated_by: 3 });
  const running = linesOf("topic", program);
  await subscribed(manager, program, 1);
  await publish(manager, program, { id: 6, updated_by: 4 });
  await publish(manager, program, { id: 5, updated_by: 4 });
  assert.deepEqual(await running, [
    "contact 5 was updated by 3 before",
    "contact 5 was updated by 4",
  ]);
});

Deno.test("docs/client.md: element", OPTIONS, async () => {
  await using program = await Program.start({ env: { APP_KEY } });
  const manager = await Manager.of(program);
  await using context = await openContext();
  const page = await openPage(context, program, examples.get("element") ?? "");
  const inLobby = async (is: boolean) => {
    await waitFor(`she is ${is ? "" : "not "}in the lobby`, async () => {
      const { json } = await manager.call(program, "GET", "/rooms/lobby/connections");
      return JSON.stringify(json).includes('"user_id":123') === is;
    });
  };
  await Promise.all([subscribed(manager, program, 1), inLobby(true)]);
  await publish(manager, program, { id: 5 });
  await becomesTrue(page, "document.querySelector('#contact').textContent === 'loaded anew; '");
  await page.evaluate("document.dispatchEvent(new Event('leave-lobby'))");
  await inLobby(false);
  await page.evaluate("document.querySelector('#contact').remove()");
  await subscribed(manager, program, 0);
});

Deno.test("docs/client.md: ids", OPTIONS, async () => {
  await using program = await Program.start({ env: { APP_KEY } });
  const manager = await Manager.of(program);
  await using context = await openContext();
  await publish(manager, program, { id: 5, updated_by: 3 });
  const [, token] = /const token = ([^]+?\n};\n)/.exec(examples.get("element") ?? "") ?? [];
  const script = `import { connect } from "/notifyli.js";
    const client = connect({ userId: 123 });
    const token = ${token}
    class Component { element = document.body.appendChild(document.createElement("p")); }
    ${examples.get("ids")}
    globalThis.heard = [];
    const topic = "Contact_Updated_Topic";
    const all = await Realtime.subscribe(topic, (msg) => heard.push(msg));
    const five = await Realtime.subscribe(topic, { id: 5 }, ({ replay }) => heard.push(replay));
    Realtime.unsubscribe(five);
    const component = new Component();
    component.subscribe(topic, { id: 6 }, ({ id }) => heard.push(id));
    Object.assign(globalThis, { component, all });`;
  const page = await openPage(
    context,
    program,
    `<body></body><script type="module">${script}</script>`,
  );
  await subscribed(manager, program, 2);
  await publish(manager, program, { id: 6, updated_by: 4 });
  await becomesTrue(page, "heard.length === 4");
  const before = { id: 5, updated_by: 3, replay: true };
  const now = { id: 6, updated_by: 4, replay: false };
  assert.deepEqual(await page.evaluate("heard"), [before, true, now, 6]);
  await page.evaluate("component.element.remove()");
  await subscribed(manager, program, 1);
  await page.evaluate("Realtime.unsubscribe(all)");
  await subscribed(manager, program, 0);
});

Deno.test("docs/client.md: upload", OPTIONS, async () => {
  await using program = await Program.start();
  await using context = await openContext();
  const page = await context.newPage();
  const body = examples.get("upload") ?? "";
  await page.route("**/file.html", (route) => route.fulfill({ contentType: "text/html", body }));
  await page.goto(`${program.url}/file.html`);
  const png = Buffer.from(PIXEL, "base64");
  await page.setInputFiles("input", { name: "pixel.png", mimeType: "image/png", buffer: png });
  await becomesTrue(page, "document.images[0].naturalWidth > 0");
  assert.equal(await page.getAttribute("img", "alt"), `pixel.png, ${png.length} bytes`);
  assert.equal(await page.evaluate("document.querySelector('progress').value"), 1);
});

Deno.test("docs/client.md: stream", async () => {
  assert.deepEqual(await linesOf("stream"), [
    "report.csv has 26 bytes",
    "date,visits",
    "2026-05-01,17",
  ]);
});

Deno.test("docs/client.md: the library is as big as the page says", async () => {
  const size = gzipSync(await Deno.readFile(`${ROOT}static/notifyli.js`)).length;
  const [, said] = /`\/notifyli\.js` \((\d+) kB over the wire\)/.exec(PAGE) ?? [];
  assert.ok(Math.abs(size / 1000 - Number(said)) <= 1, `it has ${size} bytes`);
});

/** Opens a page for user 123, and is the application that gives it subscribe tokens. */
async function openPage(context: BrowserContext, program: Program, body: string): Promise<Page> {
  const value = await connectionToken();
  await context.addCookies([{ name: "notifyli_token", value, url: program.url }]);
  const page = await context.newPage();
  await page.route("**/subscribe-token?*", async (route) => {
    const query = new URL(route.request().url()).searchParams;
    const [topic, filter] = [query.get("topic"), JSON.parse(query.get("filter") ?? "")];
    await route.fulfill({ body: await subscriptionToken({ topic, filter }) });
  });
  await page.route("**/page.html", (route) => route.fulfill({ contentType: "text/html", body }));
  await page.goto(`${program.url}/page.html`);
  return page;
}

async function publish(manager: Manager, program: Program, data: unknown): Promise<void> {
  await manager.done(program, "/topics/Contact_Updated_Topic", { data });
}

/** Resolves when the server has so many subscriptions to topics. */
async function subscribed(manager: Manager, program: Program, count: number): Promise<void> {
  await waitFor(`${count} subscriptions`, async () => {
    return (await manager.stats(program))["topic_subscriptions"] === count;
  });
}

/** Runs an example in Deno, and takes what it prints. */
async function linesOf(example: string, at?: Program): Promise<string[]> {
  if (at === undefined) {
    await using program = await Program.start();
    return await linesOf(example, program);
  }
  const code = (examples.get(example) ?? "").replace(
    "ws://localhost:7000",
    at.url.replace("http", "ws"),
  );
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--cached-only", "--ext=ts", `--config=${ROOT}deno.json`, code],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim().split("\n");
}
