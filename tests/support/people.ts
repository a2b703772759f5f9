/** People with a browser each on one server, and what they do in conversations beside the page, which costs no browser. */
import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import { openContext } from "./browser.ts";
import { connected, message } from "./page.ts";
import { TestClient } from "./test_client.ts";

interface Person {
  readonly user: string;
  readonly name: string;
}

export class People implements AsyncDisposable {
  /** What went wrong in any of the browsers, also with the network. */
  readonly errors: string[] = [];
  /** The part of it that the page's own code threw. */
  readonly thrown: string[] = [];
  readonly #url: string;
  readonly #contexts = new AsyncDisposableStack();

  /** @param url of the server's page */
  constructor(url: string) {
    this.#url = url;
  }

  /**
   * Opens a browser of the person's own, which is connected when this resolves.
   *
   * @param prepare what is done before the page is there
   */
  async open(
    person: Person,
    { prepare, ...options }: BrowserContextOptions & { prepare?: (page: Page) => Promise<void> } =
      {},
  ): Promise<Page> {
    const viewport = { width: 1440, height: 800 };
    const context = this.#contexts.use(await openContext({ viewport, ...options }));
    const page = await context.newPage();
    await prepare?.(page);
    page.on("pageerror", (error) => {
      this.errors.push(String(error));
      this.thrown.push(String(error));
    });
    page.on("console", (line) => {
      if (line.type() === "error") this.errors.push(line.text());
    });
    await page.goto(this.#url);
    await signIn(page, person);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#contexts.disposeAsync();
  }
}

/** Fills the form in, and waits until the page is connected. */
export async function signIn(page: Page, { user, name }: Person): Promise<void> {
  await page.getByLabel("User ID").fill(user);
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Room").fill("lobby");
  await page.getByRole("button", { name: "Connect" }).click();
  await connected(page);
}

/** The user's connection to an open server, without a page. @param url of `/ws` */
export async function clientOf(url: string, { user, name }: Person): Promise<TestClient> {
  const client = await TestClient.connectV2(url);
  await client.command("connect", { user_id: user, name });
  return client;
}

/** Makes a group, and says in it what is given. Returns its id. */
export async function groupOf(
  client: TestClient,
  name: string,
  { members, texts = [] }: { members: readonly string[]; texts?: readonly string[] },
): Promise<number> {
  const { conversation } = await client.command("conversation", { kind: "group", name, members });
  const { id } = conversation as { id: number };
  for (const text of texts) await client.command("message", { conversation: id, text });
  return id;
}

/** The entry of the list with a text in it. */
export function row(page: Page, text: string): Locator {
  return page.getByTestId("row").filter({ hasText: text });
}

/** Writes in whatever is open. */
export async function write(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: /^Message / }).fill(text);
  await page.keyboard.press("Enter");
}

/** Begins a private conversation. */
export async function begin(page: Page, user: string): Promise<void> {
  await page.getByRole("button", { name: "New conversation" }).click();
  await page.getByRole("combobox", { name: "People" }).fill(user);
  await page.keyboard.press("Enter");
  await page.getByText("Say hello to").waitFor();
}

/** Waits until a message has come so far. @param state as in `data-delivery` */
export async function became(page: Page, text: string, state: string): Promise<void> {
  await message(page, text).and(page.locator(`[data-delivery=${state}]`)).waitFor();
}
