/** What has to do with notifications, at both ends of the page's widths and in both looks: what is seen, and how well. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { plain } from "../files/content/images.ts";
import { faultsFor } from "../support/axe.ts";
import { OPTIONS } from "../support/browser.ts";
import { operatorKeyOf } from "../support/manager.ts";
import { cutOff, looksRight, overflow, tooSmall } from "../support/look.ts";
import { bell, item, notifications, tab, toasts } from "../support/page.ts";
import { People } from "../support/people.ts";
import { Program } from "../support/program.ts";

/** The parts of the page that have to do with notifications. */
const PARTS = ".pop, .ts";

/** What a finger hits. */
const FINGER = 40;

Deno.test(
  "page: the inbox can be read and pressed at 360 and 1440 px, in both looks",
  OPTIONS,
  async () => {
    await using world = await World.open();
    const { page } = world;
    await notifyAll(world);
    const inbox = notifications(page);
    await bell(page, 9).click();
    await item(page, "Disk 91 %").waitFor();
    const pictures = item(page, "Mira").locator("img");
    assert.equal(await pictures.count(), 0, "nothing is loaded from other sites, or looks broken");
    await looks(page, "the list", inbox);
    await inbox.getByRole("button", { name: "Show 2 more" }).click();
    await inbox.getByRole("button", { name: "Show all 2" }).click();
    await looks(page, "what is open", inbox);

    await item(page, "Deliver?").getByRole("button", { name: "Yes" }).click();
    await item(page, "Deliver?").locator("[aria-busy=true]").waitFor();
    await item(page, "Mira").getByRole("textbox").fill(
      "I take them, and a very long answer goes on and on",
    );
    await looks(page, "what is busy", inbox);
    world.answer(500, "The door is locked, and nobody is there who could open it");
    await item(page, "Deliver?").getByText("was answered with 500").waitFor();
    await item(page, "Disk 91 %").getByRole("button", { name: "Acknowledge" }).click();
    await item(page, "Disk 91 %").getByText("You may try again").waitFor();
    await page.keyboard.press("Escape");
    await bell(page, 0).click();
    await item(page, "Mira").getByRole("textbox").fill("I take them");
    await page.keyboard.press("Enter");
    await item(page, "Mira").getByText("You answered").waitFor();
    await looks(page, "what came of actions", inbox);

    for (const width of [360, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      await item(page, "Parcel").hover();
      await item(page, "Parcel").getByRole("button", { name: /^Snooze/ }).click();
      const menu = page.getByRole("menu");
      await seen(page, "the menu", menu, width);
      const { x, y, width: long, height } = await boxOf(menu);
      assert.ok(x >= 0 && y >= 0 && x + long <= width && y + height <= 800, "all of it is in view");
      if (width === 1440) break;
      await page.keyboard.press("Escape");
    }
    await page.getByRole("menuitem", { name: "Choose day and time" }).click();
    await looks(page, "a time of one's own", inbox);
    await page.getByRole("button", { name: "Snooze", exact: true }).click();
    await item(page, "Parcel").waitFor({ state: "detached" });
    await tab(page, "Snoozed").click();
    await item(page, "Parcel").waitFor();
    await looks(page, "what is snoozed", inbox);
    await tab(page, "All").click();
    await item(page, "Payment").hover();
    await item(page, "Payment").getByRole("button", { name: /^Archive/ }).click();
    await tab(page, "Archive").click();
    await item(page, "Payment").waitFor();
    await looks(page, "the archive", inbox);
    await tab(page, "All").click();

    await page.evaluate("document.documentElement.dir = 'rtl'");
    await seen(page, "right to left", inbox, 360);
    await seen(page, "right to left", inbox, 1440);
    const [dot, title] = await Promise.all([
      boxOf(item(page, "Deliver?").locator(".ic")),
      boxOf(item(page, "Deliver?").locator(".open").first()),
    ]);
    assert.ok(dot.x > title.x, "the picture is at the right");
    await page.evaluate("document.documentElement.dir = 'ltr'");

    await world.stop();
    await inbox.getByText("No connection.").waitFor();
    await looks(page, "without a connection", inbox);
  },
);

Deno.test(
  "page: preferences and quiet hours can be read and pressed, in both looks",
  OPTIONS,
  async () => {
    await using world = await World.open();
    const { page } = world;
    await world.call("PUT", "api/kinds/audit", { name: "Audits", locked: "The law wants it" });
    await world.call("PUT", "api/kinds/sport", { name: "Sports", description: "Who won" });
    await world.call("PUT", "api/kinds/long", {
      name: "A kind with a very long name that goes on",
      description: "And a description that is rather long, too, so that it has several lines",
    });
    await world.call("PUT", "api/users/1/preferences", {
      quiet_hours: {
        days: { mon: [["22:00", "07:00"], ["12:00", "13:00"]], sat: [["00:00", "24:00"]] },
      },
    });
    await bell(page, 0).click();
    const inbox = notifications(page);
    await inbox.getByText("You are all caught up").waitFor();
    await looks(page, "an empty inbox", inbox);
    await inbox.getByRole("button", { name: "Preferences" }).click();
    const dialog = page.getByRole("dialog", { name: "Preferences" });
    await dialog.getByRole("button", { name: /^Monday/ }).click();
    await dialog.getByLabel("Monday, range 2, from").waitFor();
    await looks(page, "preferences", dialog);
    await dialog.getByRole("button", { name: /^Saturday/ }).scrollIntoViewIfNeeded();
    await looks(page, "quiet hours", dialog);
    await page.evaluate("document.documentElement.dir = 'rtl'");
    await seen(page, "preferences, right to left", dialog, 360);
    assert.deepEqual(world.people.errors, []);
  },
);

Deno.test("page: toasts can be read and pressed, in both looks", OPTIONS, async () => {
  await using world = await World.open();
  const { page } = world;
  await world.notify({
    ...{ title: "Disk 91 % full on db-2", from: "Monitor", message: "in 3 hours", priority: 5 },
    actions: [{ type: "http", label: "Acknowledge", url: "http://127.0.0.1:9/" }, {
      type: "view",
      label: "Runbook",
      url: "/x",
    }],
  });
  await world.notify({ title: "Low", message: "x", priority: 1 });
  for (const text of ["one", "two", "A longer text ".repeat(20)]) {
    await world.notify({ message: text, from: "Mira Kovač" });
  }
  const column = page.locator("notifyli-inbox .ts");
  await column.getByText("+2 more").waitFor();
  await toasts(page).last().hover();
  await looks(page, "toasts", column, 32);
  await page.evaluate("document.documentElement.dir = 'rtl'");
  await seen(page, "toasts, right to left", column, 360, 32);
});

async function looks(page: Page, what: string, part: Locator, least?: number): Promise<void> {
  assert.deepEqual(await faultsFor(page), [], what);
  for (const width of [360, 1440]) {
    await seen(page, what, part, width, least);
    await looksRight(page, what, { parts: PARTS, widths: [width] });
  }
}

/** @param least what is pressed is no smaller on a phone */
async function seen(
  page: Page,
  what: string,
  part: Locator,
  width: number,
  least = FINGER,
): Promise<void> {
  await page.setViewportSize({ width, height: 800 });
  const where = `${what} at ${width} px`;
  assert.equal(await overflow(page), 0, where);
  assert.deepEqual(await cutOff(part), [], where);
  assert.deepEqual(await tooSmall(part, width < 768 ? least : 24), [], where);
}

async function boxOf(locator: Locator) {
  return await locator.boundingBox() ?? assert.fail("it is not to be seen");
}

async function notifyAll(world: World): Promise<void> {
  const upload = await fetch(`${world.program.url}/api/files?name=graph.jpg&user_id=1`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: (await plain("image/jpeg", { width: 900, height: 300 })).slice(),
  });
  const { id: image } = await upload.json();
  await world.call("PUT", "api/kinds/billing", { name: "Billing", digest: { window: "5s" } });
  await world.notify({ title: "Payment 1", message: "49.90 EUR", from: "Billing" });
  for (const text of ["Rent", "Water"]) {
    await world.notify({ title: text, message: "paid", kind: "billing" });
  }
  await world.notify({
    title: "Parcel",
    message: "Arrives Tuesday",
    from: "Shop",
    actions: [{ type: "view", label: "Track parcel", url: "/x" }],
  });
  await world.notify({
    ...{
      title: "Mira Kovač mentioned you",
      message: "Can you take the rollback notes before two?",
    },
    ...{ from: "Mira Kovač", kind: "mentions", icon: "https://elsewhere.invalid/icon.png" },
    actions: [{ type: "reply", label: "Reply", placeholder: "Reply to Mira" }],
  });
  await world.notify({
    ...{
      title: "Deliver?",
      message: "**At** the `door`",
      markdown: true,
      tags: ["shop"],
      progress: 40,
    },
    actions: [
      { type: "http", label: "Yes", url: world.door },
      { type: "view", label: "A label that is long", url: "/x" },
      { type: "reply", label: "Answer" },
    ],
  });
  for (const version of [1, 2, 3]) {
    await world.notify({
      title: `api v2.4.${version}`,
      message: "Deployed",
      from: "Deploys",
      group: "deploys",
      kind: "deploy.done",
    });
  }
  await world.notify({
    ...{ title: "Disk 91 % full on db-2", message: "full in about 3 hours at this pace", image },
    ...{ from: "Monitor", priority: 5, kind: "alert.disk", url: "/x" },
    actions: [{ type: "http", label: "Acknowledge", url: "http://127.0.0.1:9/" }, {
      type: "view",
      label: "Open runbook",
      url: "/x",
    }],
  });
}

class World implements AsyncDisposable {
  #respond = (_response: Response) => {};
  readonly door: string;

  private constructor(
    readonly program: Program,
    readonly people: People,
    readonly page: Page,
    readonly parts: AsyncDisposableStack,
  ) {
    // What is called answers when the test says so.
    const server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      () => new Promise<Response>((resolve) => this.#respond = resolve),
    );
    parts.defer(() => server.shutdown());
    this.door = `http://127.0.0.1:${server.addr.port}/`;
  }

  static async open(): Promise<World> {
    await using parts = new AsyncDisposableStack();
    const env = { APP_OUTGOING_PRIVATE_IPS: "127.0.0.1" };
    const program = parts.use(await Program.start({ env }));
    const people = parts.use(new People(program.url));
    const page = await people.open({ user: "1", name: "Alice" });
    await page.evaluate("location.hash = '#/'"); // on a phone, the bell stands below the list
    return new World(program, people, page, parts.move());
  }

  answer(status: number, text: string): void {
    this.#respond(new Response(text, { status, headers: { "Content-Type": "text/plain" } }));
  }

  stop(): Promise<void> {
    return this.program[Symbol.asyncDispose]();
  }

  notify(fields: object): Promise<void> {
    return this.call("POST", "api/users/1/notifications", fields);
  }

  async call(method: string, path: string, body: object): Promise<void> {
    const response = await fetch(`${this.program.url}/${path}`, {
      method,
      headers: {
        "Content-Type": "application/json",
        ...(method === "PUT" ? { Authorization: `Bearer ${operatorKeyOf(this.program)}` } : {}),
      },
      body: JSON.stringify(body),
    });
    assert.ok(response.ok, `${path}: ${await response.text()}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.parts.disposeAsync();
  }
}
