/** The page in a real Chromium, against a real server and a real Redis; and what users do and see there. */
import type { BrowserContext, Locator, Page } from "playwright-core";
import { openContext } from "./browser.ts";
import { Program } from "./program.ts";
import { freePort } from "./free_port.ts";
import { RedisServer } from "./redis.ts";
import { becomesTrue } from "./becomes_true.ts";

/**
 * One server and one Redis for all tests of a file, which costs less than any of its tests. To be called at the top of the
 * file; each test opens its own setting, with a room of its own, and uses ids of users that no other one does.
 */
export function sharedServer(): () => Promise<Setting> {
  let server: PageServer | undefined;
  let tests = 0;
  Deno.test.beforeAll(async () => {
    server = new PageServer(await RedisServer.start());
  });
  Deno.test.afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
  });
  return async () => {
    if (server === undefined) throw new Error("the server does not run before the first test");
    await server.start(); // where the test before has ended it
    return new Setting(server, `room-${++tests}`);
  };
}

export async function say(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: /^Message / }).fill(text);
  await page.keyboard.press("Enter");
}

export async function hears(page: Page, text: string): Promise<void> {
  await message(page, text).first().waitFor();
}

export function message(page: Page, text: string) {
  return page.getByTestId("message").filter({ hasText: text });
}

/** Resolves when the page has shown a toast with the text. A toast goes by itself, so one may look for it too late. */
export async function toasted(page: Page, text: string): Promise<void> {
  await becomesTrue(page, `shownToasts.some((each) => each.includes(${JSON.stringify(text)}))`);
}

/** Has the page note its toasts, for {@linkcode toasted}. */
export async function notesToasts(page: Page): Promise<void> {
  await page.addInitScript(NOTES_TOASTS);
}

/** What the page shows of toasts, within the element that shows them. */
const TOASTS = ".to:not([data-notice])";

/** Runs in each page before its own scripts, and notes all toasts. */
const NOTES_TOASTS = `{
  globalThis.shownToasts = [];
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = attach.call(this, options);
    new MutationObserver(() => {
      for (const toast of root.querySelectorAll("${TOASTS}")) {
        if (!shownToasts.includes(toast.textContent)) shownToasts.push(toast.textContent);
      }
    }).observe(root, { childList: true, subtree: true, characterData: true });
    return root;
  };
}`;

/** Has the page's toasts stay until {@linkcode runOut}: a slow machine needs longer than they are there. */
export async function holdsToasts(page: Page): Promise<void> {
  await page.addInitScript(`{
    globalThis.toastTicks = new Set();
    const [set, clear] = [setInterval, clearInterval];
    globalThis.setInterval = (run, ms) => ms === 200 ? (toastTicks.add(run), run) : set(run, ms);
    globalThis.clearInterval = (id) => toastTicks.delete(id) || clear(id);
  }`);
}

/** Ends the time of all toasts and notices that nobody points at. */
export async function runOut(page: Page): Promise<void> {
  await page.evaluate("for (let n = 0; n < 31; n++) toastTicks.forEach((run) => run())");
}

export function toasts(page: Page, text = ""): Locator {
  return page.locator(`notifyli-inbox ${TOASTS}`).filter({ hasText: text });
}

/** What was just done to notifications, and can be undone. */
export function inboxNotices(page: Page, text = ""): Locator {
  return page.locator("notifyli-inbox [data-notice]").filter({ hasText: text });
}

/** The tab of a kind, or of what is put away. */
export function tab(page: Page, name: string, exact = false): Locator {
  return notifications(page).getByRole("tab", { name, exact });
}

export function notifications(page: Page) {
  return page.getByRole("dialog", { name: "Notifications" });
}

export function item(page: Page, text: string) {
  return notifications(page).getByRole("listitem").filter({ hasText: text });
}

export function bell(page: Page, unread: number) {
  return page.getByRole("button", {
    name: unread === 0 ? "Notifications" : `Notifications, ${unread} unread`,
    exact: true,
  });
}

export async function connected(page: Page): Promise<void> {
  await page.getByTestId("connection").and(page.locator("[data-state=online]")).waitFor();
}

/** A server with a Redis, always at the same port. */
class PageServer implements AsyncDisposable {
  readonly #port = String(freePort());
  program: Program | undefined;

  constructor(readonly redis: RedisServer) {}

  async start(): Promise<void> {
    if (this.program !== undefined) return;
    const env = { ...this.redis.env, APP_PORT: this.#port };
    this.program = await Program.start({ env, isShared: true });
    await this.program.hearsRedis();
  }

  async stop(): Promise<void> {
    await this.program?.[Symbol.asyncDispose]();
    this.program = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.redis[Symbol.asyncDispose]();
  }
}

export class Setting implements AsyncDisposable {
  /** The errors of all pages. */
  readonly errors: string[] = [];
  readonly #server: PageServer;
  readonly #contexts = new AsyncDisposableStack();

  /** @param room the one that whoever connects comes into */
  constructor(server: PageServer, readonly room: string) {
    this.#server = server;
  }

  get redis(): RedisServer {
    return this.#server.redis;
  }

  get program(): Program {
    const { program } = this.#server;
    if (program === undefined) throw new Error("the server is not running");
    return program;
  }

  startServer(): Promise<void> {
    return this.#server.start();
  }

  stopServer(): Promise<void> {
    return this.#server.stop();
  }

  async open({ width = 1280 }: { width?: number }): Promise<Page> {
    const context = this.#contexts.use(await openContext({ viewport: { width, height: 800 } }));
    return await this.#openPage(context);
  }

  /** Opens another tab of the same browser. */
  openTab(page: Page): Promise<Page> {
    return this.#openPage(page.context());
  }

  async #openPage(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("console", (line) => {
      if (line.type() === "error") this.errors.push(line.text());
    });
    await notesToasts(page);
    await page.goto(this.program.url);
    return page;
  }

  async connect(
    { user, name, width }: { user: string; name: string; width?: number },
  ): Promise<Page> {
    const page = await this.open({ width });
    await page.getByLabel("User ID").fill(user);
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Room").fill(this.room);
    await page.getByRole("button", { name: "Connect" }).click();
    await connected(page);
    return page;
  }

  async notify(userId: number | string, text: string): Promise<{ online: boolean }> {
    const url = `${this.program.url}/api/users/${userId}/notifications`;
    return await (await fetch(url, { method: "POST", body: text })).json();
  }

  async stats(): Promise<{ clients: number }> {
    return await (await fetch(`${this.program.url}/api/stats`)).json();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#contexts.disposeAsync();
  }
}
