/** A site of another origin that shows `<notifyli-inbox>` under the strictest policy, as an application would. */
import type { Locator, Page } from "playwright-core";
import { openContext } from "./browser.ts";
import type { Program } from "./program.ts";

/** What a page with the element may do at the least: nothing inline, and no eval. */
function policy(server: string): string {
  const socket = server.replace("http", "ws");
  return [
    "default-src 'none'",
    `script-src 'self' ${server}`,
    "style-src 'self'",
    `connect-src 'self' ${server} ${socket}`,
    `img-src 'self' ${server}`,
    "worker-src 'self'",
    "require-trusted-types-for 'script'",
  ].join("; ");
}

export class ElementSite implements AsyncDisposable {
  /** What went wrong in any of the pages: what scripts threw, and what the policy forbade. */
  readonly errors: string[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #contexts = new AsyncDisposableStack();
  /** The server's address, once it runs. */
  #notifyli = "";
  #body = "";

  constructor(port = 0) {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, (request) => {
      const { pathname } = new URL(request.url);
      const headers = {
        "content-type": pathname.endsWith(".js") ? "text/javascript" : "text/html; charset=utf-8",
        "content-security-policy": policy(this.#notifyli),
      };
      return new Response(pathname.endsWith(".js") ? "" : this.#html, { headers });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  get #html(): string {
    return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>` +
      `<meta name="viewport" content="width=device-width">` +
      `<script type="module" src="${this.#notifyli}/notifyli-inbox.js"></script></head>` +
      `<body><main><h1>Orders</h1></main>${this.#body}</body></html>`;
  }

  /**
   * Opens a page in a browser of its own, or in the browser of another page.
   *
   * @param body the element, and what else is to be there
   */
  async open(
    program: Program,
    body: string,
    { beside, width = 1440, ...options }: {
      readonly beside?: Page;
      readonly width?: number;
      readonly colorScheme?: "light" | "dark";
      readonly path?: string;
      readonly hasTouch?: boolean;
      readonly isMobile?: boolean;
    } = {},
  ): Promise<Page> {
    this.#notifyli = program.url;
    this.#body = body;
    const context = beside?.context() ?? this.#contexts.use(
      await openContext({ viewport: { width, height: 900 }, ...options }),
    );
    const page = await context.newPage();
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("console", (line) => {
      if (line.type() === "error" || line.type() === "warning") this.errors.push(line.text());
    });
    await page.goto(`${this.url}${options.path ?? "/"}`);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#contexts.disposeAsync();
    await this.#server.shutdown();
  }
}

/** The element's bell. */
export function bellOf(page: Page, unread: number): Locator {
  const name = unread === 0 ? "Notifications" : `Notifications, ${unread} unread`;
  return page.getByRole("button", { name, exact: true });
}

export function panelOf(page: Page): Locator {
  return page.getByRole("dialog", { name: "Notifications" });
}

/** What the list has with this text in it. */
export function itemOf(page: Page, text: string): Locator {
  return panelOf(page).locator(".it").filter({ hasText: text });
}
