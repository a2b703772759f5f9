/** The dashboard in a real Chromium, against a real server. */
import type { BrowserContext, Page } from "playwright-core";
import { openContext } from "./browser.ts";
import { operatorKeyOf } from "./manager.ts";
import type { Program } from "./program.ts";

/** Makes a key of a program, with the operator's key. */
export async function keyFor(
  program: Program,
  { scopes = ["manage", "read", "publish"], name = "dash", site = "default" } = {},
): Promise<string> {
  const response = await fetch(`${program.url}/api/keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${operatorKeyOf(program)}` },
    body: JSON.stringify({ name, scopes, site }),
  });
  const { key, message } = await response.json();
  if (typeof key !== "string") throw new Error(message);
  return key;
}

/** What a test does as the dashboard's own page would. */
export async function asPage(
  { url }: Pick<Program, "url">,
  method: string,
  path: string,
  body?: unknown,
): Promise<Response> {
  const response = await fetch(`${url}/admin/api${path}`, {
    method,
    headers: { "x-notifyli-admin": "1", origin: url },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
  return response;
}

/** Windows of the dashboard, each of a browser of its own, and what went wrong in them. */
export class Dashboard implements AsyncDisposable {
  readonly errors: string[] = [];
  readonly #contexts = new AsyncDisposableStack();

  constructor(readonly url: string) {}

  /** @param place such as `users/123` */
  async open(
    place = "",
    { width = 1440, colorScheme = "light" as "light" | "dark" } = {},
  ): Promise<Page> {
    const viewport = { width, height: 900 };
    const context = this.#contexts.use(
      await openContext({ viewport, colorScheme, acceptDownloads: true }),
    );
    return await this.openIn(context, place);
  }

  async openIn(context: BrowserContext, place = ""): Promise<Page> {
    const page = await context.newPage();
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("console", (line) => {
      if (line.type() === "error") this.errors.push(`${line.text()} ${line.location().url}`);
    });
    await page.goto(`${this.url}/admin/#/${place}`);
    return page;
  }

  /** Opens the dashboard, and signs in with a key. */
  async signedIn(key: string, place = "", options: { width?: number } = {}): Promise<Page> {
    const page = await this.open(place, options);
    await keyField(page).fill(key);
    await page.getByRole("button", { name: "Sign in" }).click();
    await live(page);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#contexts.disposeAsync();
  }
}

/** Where a key is typed to sign in. */
export function keyField(page: Page) {
  return page.locator("input[name=key]");
}

/** Resolves when the window follows what happens. */
export async function live(page: Page): Promise<void> {
  await page.locator(".live-state[data-state=live]").waitFor();
}

/** A row of a table, by what is in it. */
export function row(page: Page, table: string, text: string) {
  return page.getByRole("group", { name: table, exact: true }).getByRole("row")
    .filter({ hasText: text });
}

/** Chooses from the menu of a row. */
export async function choose(page: Page, menu: string | RegExp, item: string): Promise<void> {
  await page.getByRole("button", { name: menu, exact: true }).click();
  await page.getByRole("menuitem", { name: item }).click();
}
