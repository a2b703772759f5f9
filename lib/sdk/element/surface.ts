/** What of the element is seen: it renders the bell, the panel and the toasts, and keeps the focus and the layers right. */
import type { Notification, NotificationAction } from "../core/types.ts";
import { ALL_KINDS, ARCHIVE, fold, ofKind, SNOOZED } from "../view/entries.ts";
import { linkTo } from "../view/links.ts";
import { route, type Router, tells } from "./deeds.ts";
import { type Child, type Described, h, patch } from "./dom.ts";
import { type Feed, reasonOf } from "./feed.ts";
import { icon } from "./icons.ts";
import { focusIn, keepFocus } from "./focus.ts";
import { loadedMore, loadMore, type More } from "./late.ts";
import { place } from "./place.ts";
import type { ToastTimer } from "./toast_timer.ts";
import type { Shelf } from "./shelf.ts";
import { CLOSED, type Inbox, membersOf, type Ui } from "./views/inbox.ts";
import { panel, starting } from "./views/panel.ts";
import type { Words } from "./words.ts";

/** A larger number would not fit the badge. */
const LARGEST_BADGE = 99;

/** The element, as far as its surface needs it. */
interface Host extends HTMLElement {
  open: boolean;
  readonly router: Router | undefined;
}

export class Surface {
  readonly #host: Host;
  readonly #root: ShadowRoot;
  #timer: ToastTimer | undefined;
  #feed: Feed | undefined;
  #words: Words;
  #ui: Ui = CLOSED;
  /** The menu that has had the focus. */
  #menu = "";
  /** How many were unread when that was last said. */
  #said = Infinity;

  constructor(host: Host, root: ShadowRoot, words: Words) {
    this.#host = host;
    this.#root = root;
    this.#words = words;
  }

  /** Shows this feed, in these words. */
  show(feed: Feed | undefined, words: Words): void {
    if (feed !== this.#feed) {
      this.#said = Infinity;
      this.#ui = CLOSED; // nothing of another user is shown
    }
    this.#feed = feed;
    this.#words = words;
    this.#render();
  }

  /** The panel was opened or closed. */
  opened(isOpen: boolean): void {
    const hadFocus = this.#root.activeElement !== null;
    if (!isOpen && !this.#host.hasAttribute("toasts")) this.#feed?.endNotices();
    this.#ui = CLOSED;
    this.#render();
    if (isOpen) this.#panel?.focus();
    else if (hadFocus) this.#bell?.focus();
  }

  /** Keeps the panel at its bell. */
  place(): void {
    const [panel, bell] = [this.#panel, this.#bell];
    if (panel !== null && bell !== null) place(panel, bell);
  }

  stop(): void {
    this.#timer?.stop();
  }

  /** Gives the focus to a notification, once it is there. @param reply the action that wants an answer */
  async reveal(id: string, reply?: string): Promise<void> {
    this.#host.open = true;
    this.#set({ view: "list", tab: ALL_KINDS, menu: undefined });
    const more = await loadMore();
    const idOf = () => {
      const entries = fold(this.#feed?.list ?? []);
      return entries.find((each) => membersOf(each).some((one) => one.id === id))?.head.id ?? id;
    };
    more.reveal(this.#root, idOf, reply);
  }

  /** The key may be meant for the panel although nothing in it has the focus: what had it is gone. */
  escape(event: KeyboardEvent): void {
    if (event.key === "Escape" && !event.defaultPrevented) this.#key(event);
  }

  get #panel(): HTMLElement | null {
    return this.#root.querySelector(".pop");
  }

  get #bell(): HTMLElement | null {
    return this.#root.querySelector(".bell");
  }

  #render(): void {
    const focus = focusIn(this.#root);
    const more = this.#more;
    const inbox = this.#feed && this.#inbox(this.#feed, more);
    patch(this.#root, [h(
      "div",
      { class: "root" },
      this.#bellView(),
      h("span", { key: "news", class: "unseen", role: "status" }, this.#news()),
      this.#host.open && this.#panelView(inbox, more),
      inbox && this.#toastsView(inbox, more),
    )]);
    for (const layer of this.#root.querySelectorAll<HTMLElement>("[popover]")) {
      if (layer.isConnected && !layer.matches(":popover-open")) layer.showPopover();
    }
    this.place();
    if (focus !== undefined) keepFocus(this.#root, focus);
    this.#focusMenu();
    this.#timer ??= more && new more.ToastTimer((toast) => this.#timeOver(toast));
    this.#timer?.watch(this.#root);
    if (this.#feed) this.#readShown(this.#feed);
  }

  /** Looking at the list reads what it shows, where the page wants that. */
  #readShown(feed: Feed): void {
    const { view, tab, fresh } = this.#ui;
    const isSeen = this.#host.open && !document.hidden && view === "list" && feed.isLoaded;
    if (!isSeen || !this.#host.hasAttribute("read-shown")) return;
    if (tab === SNOOZED || tab === ARCHIVE) return;
    const kind = ofKind(feed.list, tab);
    const shown = (kind.length === 0 ? feed.list : kind)
      .filter(({ id, read }) => !read && !fresh.has(id)).map(({ id }) => id);
    if (shown.length === 0) return;
    this.#ui = { ...this.#ui, fresh: new Set([...fresh, ...shown]) };
    feed.read(shown);
  }

  #set(change: Partial<Ui>): void {
    this.#ui = { ...this.#ui, ...change };
    this.#render();
  }

  #inbox(feed: Feed, more: More | undefined): Inbox {
    const shelf = more?.shelfOf(feed);
    if (this.#host.open) shelf?.look();
    const ui = () => this.#ui;
    return {
      ...{ feed, shelf, more, words: this.#words },
      get ui() {
        return ui();
      },
      hasKeys: this.#hasKeys,
      set: (change) => this.#set(change),
      later: (doing) => void this.#later(feed, doing),
      close: () => this.#close(),
      opened: (event, notification, url) => this.#open(feed, event, notification, url),
      act: (event, notification, action, text) =>
        void this.#act(feed, event, notification, action, text),
    };
  }

  async #later(feed: Feed, doing: (shelf: Shelf) => void): Promise<void> {
    try {
      doing((await loadMore()).shelfOf(feed));
    } catch (error) {
      this.#set({ problem: reasonOf(error) });
    }
  }

  get #hasKeys(): boolean {
    return this.#host.getAttribute("keys") !== "off";
  }

  #close(): void {
    this.#host.open = false;
  }

  #bellView(): Described {
    const words = this.#words;
    const unread = this.#feed?.unread ?? 0;
    return h(
      "button",
      {
        ...{ key: "bell", type: "button", class: "bell", part: "bell" },
        "aria-label": unread === 0 ? words.say("title") : words.count("title_unread", unread),
        "aria-haspopup": "dialog",
        "aria-expanded": String(this.#host.open),
        onclick: () => void (this.#host.open = !this.#host.open),
      },
      h("slot", { name: "bell" }, icon("bell")),
      unread > 0 && h(
        "span",
        { class: "n", part: "badge", "aria-hidden": "true" },
        unread > LARGEST_BADGE ? `${words.number(LARGEST_BADGE)}+` : words.number(unread),
      ),
    );
  }

  #panelView(inbox: Inbox | undefined, more: More | undefined): Described {
    return h(
      "section",
      {
        ...{ key: "panel", class: "pop", part: "panel", role: "dialog", popover: "manual" },
        "aria-label": this.#words.say(this.#ui.view === "list" ? "title" : "preferences"),
        tabindex: -1,
        onkeydown: (event: KeyboardEvent) => this.#key(event),
        onfocusout: ({ relatedTarget }: FocusEvent) => {
          const isElsewhere = relatedTarget instanceof Node &&
            !this.#root.contains(relatedTarget) && !this.#host.contains(relatedTarget);
          if (isElsewhere) this.#close();
        },
      },
      this.#inPanel(inbox, more),
      inbox && more?.notices(inbox),
    );
  }

  #inPanel(inbox: Inbox | undefined, more: More | undefined): Child[] {
    const { view, problem } = this.#ui;
    if (inbox !== undefined && view === "list") return panel(inbox);
    if (inbox !== undefined && more !== undefined) return more.preferencesView(inbox);
    return starting(this.#words, () => this.#stepBack(), problem);
  }

  /** What is loaded late, which it begins where something of that is to be shown. */
  get #more(): More | undefined {
    const more = loadedMore();
    if (more !== undefined) {
      this.#adopt(more.sheet);
      return more;
    }
    // The regions of toasts are there before the first one: what comes with its region is not spoken.
    const hasNews = this.#host.hasAttribute("toasts") || Boolean(this.#feed?.notices.length);
    if ((this.#host.open || hasNews) && this.#ui.problem === "") {
      // Where nobody looks, it is tried again with the next change.
      const failed = (error: unknown) => this.#host.open && this.#set({ problem: reasonOf(error) });
      loadMore().then(() => this.#render(), failed);
    }
    return undefined;
  }

  #adopt(sheet: CSSStyleSheet): void {
    const { adoptedStyleSheets: sheets } = this.#root;
    if (!sheets.includes(sheet)) sheets.push(sheet);
  }

  #toastsView(inbox: Inbox, more: More | undefined): Child {
    if (!this.#host.hasAttribute("toasts")) return void inbox.feed.drop(this.#host, "toasts");
    if (!inbox.feed.claim("toasts", this.#host)) return;
    return h(
      "div",
      { key: "toasts", class: "ts", part: "toasts", popover: "manual" },
      more?.toasts(inbox, () => void (this.#host.open = true)),
      !this.#host.open && more?.notices(inbox),
    );
  }

  /** What those hear who see no toasts: how many are unread, when another one has come. */
  #news(): string {
    if (!this.#feed?.isLoaded) return "";
    const { unread } = this.#feed;
    const isNews = unread > this.#said && !this.#host.hasAttribute("toasts");
    this.#said = unread;
    return isNews ? this.#words.count("unread", unread) : "";
  }

  /** Gives the focus to a menu that was opened, or to the field that took its place. */
  #focusMenu(): void {
    const { menu, choosing } = this.#ui;
    const shown = menu === undefined ? "" : `${menu} ${choosing !== undefined}`;
    const element = this.#root.querySelector(".menu");
    if (shown !== "" && element === null) return; // it is loaded just now
    const isNew = shown !== "" && shown !== this.#menu;
    this.#menu = shown;
    if (!isNew) return;
    element?.querySelector<HTMLElement>("button, input")?.focus();
    element?.scrollIntoView({ block: "nearest" });
  }

  #timeOver({ dataset: { notice, timed = "" } }: HTMLElement): void {
    if (notice !== undefined) this.#feed?.dismissNotice(Number(notice));
    else for (const id of timed.split(" ")) this.#feed?.dismiss(id);
  }

  #key(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      event.stopPropagation();
      event.preventDefault();
      return this.#stepBack();
    }
    const panel = this.#panel;
    if (this.#ui.view !== "list" || panel === null || !this.#hasKeys) return;
    if (loadedMore()?.onKey(event, panel)) event.preventDefault();
  }

  /** Closes what was opened last. */
  #stepBack(): void {
    const { menu, view } = this.#ui;
    if (menu !== undefined) this.#set({ menu: undefined, choosing: undefined });
    else if (view !== "list") this.#set({ view: "list", problem: "" });
    else this.#close();
  }

  #open(feed: Feed, event: MouseEvent, notification: Notification, url?: string): void {
    const detail = { notification, url: linkTo(url)?.href };
    if (!notification.read) feed.read([notification.id]);
    const isLeft = tells(this.#host, event, "notifyli-open", detail);
    if (!isLeft || route(event, this.#host.router, detail)) this.#close();
  }

  async #act(
    feed: Feed,
    event: Event,
    notification: Notification,
    action: NotificationAction,
    text?: string,
  ): Promise<void> {
    const key = `${notification.id} ${action.id}`;
    if (!tells(this.#host, event, "notifyli-action", { notification, action, text })) return;
    if (action.type === "view") {
      if (!notification.read) feed.read([notification.id]);
      if (route(event, this.#host.router, { notification, url: action.url })) this.#close();
    }
    const note = (state?: "busy" | { failed: string }) => {
      const doing = new Map(this.#ui.doing);
      if (state === undefined) doing.delete(key);
      else doing.set(key, state);
      this.#set({ doing });
    };
    note("busy");
    try {
      const result = await feed.act(notification.id, action.id, text);
      // Another device does it just now: what comes of it is told to all.
      if (result.doneAt !== undefined) note();
    } catch (error) {
      note({ failed: reasonOf(error) });
    }
  }
}
