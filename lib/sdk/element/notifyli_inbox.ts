/**
 * The custom element `<notifyli-inbox>`: a bell with all that is behind it, served as `/notifyli-inbox.js` with the part of
 * the library that it needs. `feeds.ts` opens what it shows, and `surface.ts` shows it.
 *
 * @example
 * ```html
 * <script type="module" src="https://notifyli.example.org/notifyli-inbox.js"></script>
 * <notifyli-inbox token="..." toasts></notifyli-inbox>
 * ```
 */
import type { TokenSource } from "../core/token.ts";
import type { Notification } from "../core/types.ts";
import type { Router } from "./deeds.ts";
import { type Feed, reasonOf } from "./feed.ts";
import { feedOver, isSame, type Lease, openFeed, replaceSource, type Wanted } from "./feeds.ts";
import type { InboxSource } from "./inbox_client.ts";
import { loadMore } from "./late.ts";
import type { Strings } from "./strings.ts";
import { css } from "./styles/sheet.ts";
import { Surface } from "./surface.ts";
import { TitleBadge } from "./title_badge.ts";
import { Words } from "./words.ts";

export type { ActionDetail, OpenDetail, Router } from "./deeds.ts";
export type { InboxSource } from "./inbox_client.ts";
export type { Strings } from "./strings.ts";

/** How often times such as "2 min. ago" are said anew. */
const TICK_MS = 30_000;

/** Properties that an application may have set before the element was defined. */
const PROPERTIES = ["server", "token", "userId", "open", "theme", "strings", "router", "client"];

/** A server that renders pages has no elements: there this module is loaded, and does nothing. */
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

let sheet: CSSStyleSheet | undefined;

export class NotifyliInbox extends Base {
  static readonly observedAttributes = [
    ...["server", "token", "user-id", "cookie", "worker", "open", "theme", "lang"],
    ...["toasts", "sound", "title-badge", "keys", "read-shown"],
  ];

  readonly #surface: Surface;
  readonly #badge = new TitleBadge();
  #words = new Words(navigator.language);
  #token: TokenSource | undefined;
  #strings: Strings = {};
  #router: Router | undefined;
  #client: InboxSource | undefined;
  #lease: Lease | undefined;
  /** What the lease is for. */
  #leased: Wanted | InboxSource | undefined;
  /** End what has begun with the lease. */
  #stops: (() => void)[] = [];
  /** Ends what has begun when the element came into a page. */
  #leave = new AbortController();
  #isScheduled = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    if (sheet === undefined) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
    }
    root.adoptedStyleSheets = [sheet];
    this.#surface = new Surface(this, root, this.#words);
  }

  /** The server's address. @default the server that this module is from */
  get server(): string {
    return this.getAttribute("server") ?? "";
  }

  set server(server: string | null | undefined) {
    this.#write("server", server);
  }

  /**
   * Proves who the user is: a token, or a function that gets one. It is never written into the page. A function that replaces
   * another one is for the same user: the connection stays, and it is asked from then on.
   */
  get token(): TokenSource | undefined {
    return this.#token;
  }

  set token(token: TokenSource | null | undefined) {
    if (typeof token === "function" && typeof this.#token === "function") {
      replaceSource(this.#token, token);
    } else this.#token = token || undefined;
    this.#schedule();
  }

  /** The user's id, where the server believes anyone, or to be sure whose the token is. */
  get userId(): string {
    return this.getAttribute("user-id") ?? "";
  }

  set userId(id: string | number | null | undefined) {
    this.#write("user-id", id);
  }

  /** Whether the panel is open. */
  get open(): boolean {
    return this.hasAttribute("open");
  }

  set open(open: boolean) {
    this.toggleAttribute("open", Boolean(open));
  }

  /** `light`, `dark`, or `system` for that of the device. @default the page's own `color-scheme` */
  get theme(): string {
    return this.getAttribute("theme") ?? "";
  }

  set theme(theme: string | null | undefined) {
    this.#write("theme", theme);
  }

  /** What the element says, by keys of `ENGLISH` in `more.ts`. */
  get strings(): Strings {
    return this.#strings;
  }

  set strings(strings: Strings | null | undefined) {
    this.#strings = strings ?? {};
    this.#words = new Words(this.#lang, this.#strings);
    this.#schedule();
  }

  /** Goes to addresses of the page's own site, in place of the browser. */
  get router(): Router | undefined {
    return this.#router;
  }

  set router(router: Router | null | undefined) {
    this.#router = router ?? undefined;
  }

  /** A client that the application has made with `connect()`, to share its connection. */
  get client(): InboxSource | undefined {
    return this.#client;
  }

  set client(client: InboxSource | null | undefined) {
    this.#client = client ?? undefined;
    this.#schedule();
  }

  /** How many notifications are unread; 0 until the server has said it. */
  get unread(): number {
    return this.#feed?.unread ?? 0;
  }

  /** What is shown; nothing of a user whose client the application has closed. */
  get #feed(): Feed | undefined {
    const feed = this.#lease?.feed;
    return feed?.client.state.kind === "closed" ? undefined : feed;
  }

  /**
   * Opens the panel, and gives the focus to a notification once it is there.
   *
   * @param reply the id of its action that wants an answer: the focus goes to the field for that
   */
  async show(id: string, reply?: string): Promise<void> {
    await this.#surface.reveal(id, reply);
  }

  connectedCallback(): void {
    for (const name of PROPERTIES) this.#upgrade(name);
    this.#leave = new AbortController();
    const { signal } = this.#leave;
    const tick = setInterval(() => this.open && this.#schedule(), TICK_MS);
    signal.addEventListener("abort", () => clearInterval(tick));
    const put = () => this.#surface.place();
    const outside = (event: PointerEvent) => {
      if (this.open && !event.composedPath().includes(this)) this.open = false;
    };
    document.addEventListener("pointerdown", outside, { signal });
    document.addEventListener("visibilitychange", () => this.#schedule(), { signal });
    const lost = (event: KeyboardEvent) => {
      if (this.open && document.activeElement === document.body) this.#surface.escape(event);
    };
    document.addEventListener("keydown", lost, { signal });
    // Who leaves the page can undo nothing there.
    addEventListener("pagehide", () => this.#feed?.endNotices(), { signal });
    addEventListener("resize", put, { signal });
    addEventListener("scroll", put, { signal, capture: true, passive: true });
    this.#schedule();
  }

  disconnectedCallback(): void {
    this.#leave.abort();
    this.#release();
  }

  attributeChangedCallback(name: string, before: string | null, value: string | null): void {
    if (name === "token") this.#token = value || undefined;
    this.#schedule();
    if (name !== "open" || (before === null) === (value === null) || !this.isConnected) return;
    this.#surface.opened(this.open);
  }

  get #lang(): string {
    return this.closest<HTMLElement>("[lang]:not([lang=''])")?.lang || navigator.language;
  }

  #write(name: string, value: string | number | null | undefined): void {
    if (value === null || value === undefined || value === "") this.removeAttribute(name);
    else this.setAttribute(name, String(value));
  }

  /** A property that was set before the element was defined would hide the one of the class. */
  #upgrade(name: string): void {
    if (!Object.hasOwn(this, name)) return;
    const self = this as unknown as Record<string, unknown>;
    const value = self[name];
    delete self[name];
    self[name] = value;
  }

  /** Shows what has changed, at the end of this task. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      if (!this.isConnected) return;
      this.#settle();
      this.#show();
    });
  }

  #show(): void {
    const lang = this.#lang;
    if (this.#words.asked !== lang) this.#words = new Words(lang, this.#strings);
    const feed = this.#feed;
    this.#surface.show(feed, this.#words);
    const hasBadge = this.hasAttribute("title-badge");
    if (hasBadge && feed?.claim("title", this)) this.#badge.show(feed.unread);
    else this.#badge.stop();
  }

  /** Whose inbox is to be shown; `undefined` until that is said. */
  get #wanted(): Wanted | InboxSource | undefined {
    if (this.#client !== undefined) return this.#client;
    const userId = this.userId || undefined;
    if (this.#token === undefined && userId === undefined && !this.hasAttribute("cookie")) {
      return undefined;
    }
    const server = this.server || undefined;
    return { server, token: this.#token, userId, worker: this.getAttribute("worker") ?? undefined };
  }

  /** Opens the feed that is wanted, and lets go of another one. */
  #settle(): void {
    const wanted = this.#wanted;
    if (isSame(wanted, this.#leased)) return;
    this.#release();
    this.#leased = wanted;
    if (wanted === undefined) return;
    try {
      this.#lease = "on" in wanted ? feedOver(wanted) : openFeed(wanted);
    } catch (error) {
      return console.error(`notifyli-inbox: ${reasonOf(error)}`); // such as an address that is none
    }
    const { feed } = this.#lease;
    const raised = (notification: Notification) => {
      const source = this.getAttribute("sound");
      if (source === null || !feed.claim("sound", this)) return;
      loadMore().then(({ play }) => play(notification.id, source), () => {}); // then there is none
    };
    feed.raised.add(raised);
    this.#stops = [feed.on(() => this.#schedule()), () => feed.raised.delete(raised)];
  }

  #release(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#surface.stop();
    this.#badge.stop();
    this.#lease?.feed.drop(this);
    this.#lease?.end();
    this.#lease = undefined;
    this.#leased = undefined;
  }
}

if (globalThis.customElements && customElements.get("notifyli-inbox") === undefined) {
  customElements.define("notifyli-inbox", NotifyliInbox);
}
