/**
 * The service worker of the page in Chromium: it gets what the server has pushed to a real push service. Chromium itself subscribes at
 * none here; `firefox_test.ts` has a browser that does.
 */
import assert from "node:assert/strict";
import type { CDPSession, Page, Worker } from "playwright-core";
import { openContext, OPTIONS, useWholeBrowser } from "../support/browser.ts";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { WebPushService } from "../support/push/web_push_service.ts";
import { waitFor } from "../support/wait.ts";

useWholeBrowser(); // the other one has no notifications

const ENV = { APP_OUTGOING_PRIVATE_IPS: "127.0.0.1" };

Deno.test(
  "service worker: shows what is pushed, does what is clicked, and closes what was seen",
  OPTIONS,
  async (test) => {
    await using service = new WebPushService();
    await using program = await Program.start({ env: ENV });
    await using world = await World.open(program, service);
    const { page } = world;

    await test.step("all that a notification has", async () => {
      await world.push({
        ...{ id: "order-0001", title: "Order 1", message: "Is it yours?", group: "orders" },
        ...{ priority: 5, url: "/orders/1", icon: "/icon-192.png" },
        actions: [{ type: "reply", id: "answer", label: "Answer", placeholder: "Yes or no" }, {
          ...{ type: "view", id: "see", label: "See", url: "https://shop.example/1" },
        }],
      });
      const [shown] = await world.shown(1);
      const { data, ...seen } = shown!;
      assert.deepEqual(seen, {
        ...{ title: "Order 1", body: "Is it yours?", tag: "orders", requireInteraction: true },
        icon: `${program.url}/icon-192.png`,
        silent: false,
        actions: ["answer Answer", "see See"],
      });
      assert.partialDeepStrictEqual(data, {
        notifyli: { id: "order-0001", navigate: "/orders/1" },
      });
      assert.equal(await world.badge(), 1);
    });

    await test.step("of a group it shows the newest, once", async () => {
      await world.push({ id: "order-0002", message: "Order 2", group: "orders" });
      await world.shownAs(["Order 2"]);
      await world.push({ id: "single-0001", message: "Alone" });
      await world.shownAs(["Alone", "Order 2"]);
      assert.equal(await world.badge(), 3);
    });

    await test.step("an answer goes to the server, and what was clicked is gone", async () => {
      await world.push({
        ...{ id: "question-1", message: "Do you come?" },
        actions: [{ type: "reply", id: "answer", label: "Answer" }],
      });
      await world.shownAs(["Alone", "Do you come?", "Order 2"]);
      await world.click("Do you come?", "answer", "On my way");
      await waitFor("the server has it", async () => {
        const [done] = await world.actionsOf("question-1");
        return done?.["text"] === "On my way";
      });
      await world.shownAs(["Alone", "Order 2"]);
    });

    await test.step("what was seen elsewhere is closed", async () => {
      await world.push({ id: "elsewhere1", message: "Seen elsewhere" });
      await world.shownAs(["Alone", "Order 2", "Seen elsewhere"]);
      const taken = service.taken.length;
      await world.api("DELETE", "/notifications/elsewhere1");
      await world.deliver((await service.get(taken + 1)).at(-1)!.text);
      await world.shownAs(["Alone", "Order 2"]);
    });

    await test.step("pushes of others are left to others", async () => {
      await world.deliver("hello");
      await world.deliver(JSON.stringify({ title: "Somebody else's" }));
      await world.push({ id: "after-others", message: "After those" });
      await world.shownAs(["After those", "Alone", "Order 2"]);
    });

    await test.step("where there is no network, an answer is asked for again", async () => {
      await world.push({
        ...{ id: "question-3", message: "Still there?" },
        actions: [{ type: "reply", id: "answer", label: "Answer" }],
      });
      await world.shownAs(["After those", "Alone", "Order 2", "Still there?"]);
      await page.context().setOffline(true);
      await world.click("Still there?", "answer", "Yes");
      await waitFor(
        "it says so",
        async () =>
          (await world.notifications()).some(({ title, body, actions }) =>
            title === "Still there?" && body.startsWith("Not sent: try again") &&
            actions.length === 1
          ),
      );
      await page.context().setOffline(false);
      await world.click("Still there?", "answer", "Yes");
      await waitFor("the server has it", async () => {
        const [done] = await world.actionsOf("question-3");
        return done?.["text"] === "Yes";
      });
    });

    await test.step("a click tells the open tab of its user, and marks it read", async () => {
      await world.push({
        ...{ id: "question-2", message: "And you?" },
        actions: [{ type: "reply", id: "answer", label: "Answer" }],
      });
      await world.signIn();
      await world.click("Alone");
      await page.locator('[data-id="single-0001"]').waitFor();
      await waitFor("it is read", async () => await world.stateOf("single-0001") === "read");
    });

    await test.step("a reply that the browser has no field for is written on the page", async () => {
      await page.keyboard.press("Escape");
      await world.click("And you?", "answer");
      const field = page.locator('[data-id="question-2"] input');
      await field.waitFor();
      await waitFor("it has the focus", () => field.evaluate((each) => each.matches(":focus")));
    });
  },
);

Deno.test("service worker: fetches a text that is kept from push services", OPTIONS, async () => {
  await using service = new WebPushService();
  await using program = await Program.start({ env: { ...ENV, APP_PUSH_TEXT: "off" } });
  await using world = await World.open(program, service);
  await world.push({
    id: "secret-0001",
    title: "Result",
    message: "All is **well**",
    markdown: true,
    url: "/#/people",
  });
  assert.doesNotMatch(service.taken[0]!.text, /Result|well|people/);
  const [shown] = await world.shown(1);
  assert.deepEqual([shown?.title, shown?.body], ["Result", "All is well"]);
  // A text that is not there any more is not shown, but that there was something is.
  await world.push({ id: "secret-0002", message: "Gone" }, async () => {
    await world.api("DELETE", "/notifications/secret-0002");
  });
  await world.shownAs(["New notification", "Result"]);
});

interface Seen {
  readonly title: string;
  readonly body: string;
  readonly tag: string;
  readonly icon: string;
  readonly silent: boolean;
  readonly requireInteraction: boolean;
  readonly actions: readonly string[];
  readonly data: { readonly notifyli: Record<string, unknown> };
}

/** A page with its worker, and a device of its user. */
class World implements AsyncDisposable {
  private constructor(
    readonly program: Program,
    readonly service: WebPushService,
    readonly page: Page,
    readonly cdp: CDPSession,
    readonly worker: Worker,
    readonly registrationId: string,
    readonly manager: Manager,
  ) {}

  static async open(program: Program, service: WebPushService): Promise<World> {
    const context = await openContext({ permissions: ["notifications"] });
    const page = await context.newPage();
    await page.goto(program.url);
    const subscription = service.subscribe();
    const manager = await Manager.of(program);
    const token = { provider: "web_push", token: subscription };
    const { json: { id } } = await manager.call(program, "POST", "/users/7/devices", token);
    const cdp = await context.newCDPSession(page);
    const registered = Promise.withResolvers<string>();
    cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations: [registration] }) => {
      if (registration !== undefined) registered.resolve(registration.registrationId);
    });
    await cdp.send("ServiceWorker.enable");
    const [started] = await Promise.all([
      context.waitForEvent("serviceworker"),
      page.evaluate(called(KEEP, { device: id, subscription })),
    ]);
    const world = new World(
      ...[program, service, page, cdp, started, await registered.promise, manager] as const,
    );
    await world.worker.evaluate(NOTES_BADGES);
    return world;
  }

  /** Has the server push a notification, and hands the worker what came. @param before what is done in between */
  async push(fields: object, before: () => Promise<void> = async () => {}): Promise<void> {
    const { service } = this;
    const taken = service.taken.length;
    await this.api("POST", "/users/7/notifications", fields);
    await service.get(taken + 1);
    const { text } = service.taken[taken]!;
    await before();
    await this.deliver(text);
  }

  async signIn(): Promise<void> {
    const { page } = this;
    await page.getByLabel("User ID").fill("7");
    await page.getByLabel("Name").fill("Seven");
    await page.getByLabel("Room").fill("lobby");
    await page.getByRole("button", { name: "Connect" }).click();
    await page.locator("[data-testid=connection][data-state=online]").waitFor();
  }

  async deliver(data: string): Promise<void> {
    const { cdp, program, registrationId } = this;
    const origin = program.url;
    await cdp.send("ServiceWorker.deliverPushMessage", { origin, registrationId, data });
  }

  async notifications(): Promise<Seen[]> {
    return await this.page.evaluate(called(SHOWN)) as Seen[];
  }

  async shown(count: number): Promise<Seen[]> {
    await waitFor(`${count} are shown`, async () => (await this.notifications()).length === count);
    return await this.notifications();
  }

  /** Resolves once just these are shown, by their titles in order. */
  async shownAs(titles: readonly string[]): Promise<void> {
    let last: string[] = [];
    const look = async () => {
      last = (await this.notifications()).map(({ title }) => title).toSorted();
      return JSON.stringify(last) === JSON.stringify(titles);
    };
    await waitFor("what is shown", look).catch(() => assert.deepEqual(last, titles));
  }

  /** As the browser does when somebody clicks. */
  async click(title: string, action = "", reply?: string): Promise<void> {
    await this.worker.evaluate(called(CLICK, { title, action, reply }));
  }

  async badge(): Promise<unknown> {
    return await this.worker.evaluate("globalThis.badge");
  }

  async api(
    method: "GET" | "POST" | "DELETE",
    path: string,
    body?: object,
  ): Promise<Record<string, unknown>> {
    const { status, json } = await this.manager.call(this.program, method, path, body);
    assert.ok(status < 300, JSON.stringify(json));
    return json;
  }

  async stateOf(id: string): Promise<unknown> {
    return (await this.api("GET", `/notifications/${id}`))["state"];
  }

  /** What was done of a notification's actions. */
  async actionsOf(id: string): Promise<Record<string, unknown>[]> {
    const { actions = [] } = await this.api("GET", `/notifications/${id}`);
    return actions as Record<string, unknown>[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
  }
}

/** In the page: the worker is registered, and what it needs to know is kept, as `client.push.subscribe()` does. */
const KEEP = `async ({ device, subscription }) => {
  const { scope } = await navigator.serviceWorker.register("notifyli-push.js");
  await navigator.serviceWorker.ready;
  const kept = { server: scope, site: "default", user: "7", device, key: "", subscription };
  const cache = await caches.open("notifyli-push");
  await cache.put(new URL("?notifyli-push", scope), Response.json(kept));
}`;

function called(code: string, given: object = {}): string {
  return `(${code})(${JSON.stringify(given)})`;
}

const NOTES_BADGES = `
  navigator.setAppBadge = async (count) => { globalThis.badge = count; };
  navigator.clearAppBadge = async () => { globalThis.badge = 0; };
`;

const SHOWN = `async () => {
  const registration = await navigator.serviceWorker.ready;
  return (await registration.getNotifications()).map((each) => ({
    ...{ title: each.title, body: each.body, tag: each.tag, icon: each.icon, silent: each.silent },
    ...{ requireInteraction: each.requireInteraction, data: each.data },
    actions: each.actions.map(({ action, title }) => action + " " + title),
  }));
}`;

const CLICK = `async ({ title, action, reply }) => {
  const notification = (await registration.getNotifications()).find((each) => each.title === title);
  dispatchEvent(new NotificationEvent("notificationclick", { notification, action, reply }));
}`;
