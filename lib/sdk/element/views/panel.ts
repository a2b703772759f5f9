/** What is behind the bell: the head, the kinds, the list, and what is said where there is none. */
import {
  ALL_KINDS,
  ARCHIVE,
  fold,
  kindsIn,
  kindWords,
  ofKind,
  SNOOZED,
} from "../../view/entries.ts";
import { type Child, type Described, h } from "../dom.ts";
import { icon } from "../icons.ts";
import type { Words } from "../words.ts";
import { loading, older } from "./controls.ts";
import { button, iconButton, type Inbox, isNews, named } from "./inbox.ts";
import { item } from "./item.ts";

export function panel(inbox: Inbox): Child[] {
  const tabs = tabsOf(inbox);
  // The last one of a kind may have gone.
  const tab = tabs.some(({ id }) => id === inbox.ui.tab) ? inbox.ui.tab : ALL_KINDS;
  return [
    head(inbox, tab),
    tabList(inbox, tabs, tab),
    band(inbox),
    inbox.ui.problem !== "" && failed(inbox.words, inbox.ui.problem),
    inbox.feed.list.length > 0 && h("slot", { key: "top", name: "top" }),
    h(
      "div",
      {
        ...{ id: "list", class: "list", part: "list", role: "tabpanel", tabindex: -1 },
        "aria-labelledby": `tab-${tabs.findIndex(({ id }) => id === tab)}`,
      },
      listOf(inbox, tab),
    ),
    foot(inbox),
  ];
}

/** Stands there until it is said whose inbox is shown, and until what shows it is there. @param problem why that cannot be had */
export function starting(words: Words, close: () => void, problem: string): Child[] {
  return [
    h(
      "header",
      { part: "header" },
      h("h2", { part: "title" }, words.say("title")),
      iconButton({ key: "close", name: "close", label: words.say("close"), onclick: close }),
    ),
    h(
      "div",
      { class: "list" },
      problem === "" ? loading(words.say("loading")) : failed(words, problem),
    ),
  ];
}

function failed(words: Words, reason: string): Described {
  return h("p", { class: "out bad", role: "alert" }, words.say("failed", { reason }));
}

function head({ feed, words, set, later, close }: Inbox, tab: string): Described {
  const read = ofKind(feed.list, tab).filter(({ read }) => read);
  return h(
    "header",
    { part: "header" },
    h("h2", { part: "title" }, words.say("title")),
    feed.unread > 0 && iconButton({
      ...{ key: "read", name: "checks", label: words.say("read_all") },
      onclick: () => later((shelf) => shelf.readAll()),
    }),
    read.length > 0 && tab !== SNOOZED && tab !== ARCHIVE && iconButton({
      ...{ key: "archive", name: "archive", label: words.say("archive_read") },
      onclick: () => later((shelf) => shelf.archiveAll(read)),
    }),
    iconButton({
      ...{ key: "preferences", name: "gear", label: words.say("preferences") },
      onclick: () => set({ view: "preferences", menu: undefined }),
    }),
    iconButton({
      ...{ key: "close", name: "close", label: words.say("close"), class: "ib narrow" },
      onclick: close,
    }),
  );
}

interface Tab {
  readonly id: string;
  readonly name: string;
  /** How many of it are news, or put off. */
  readonly count: number;
  /** There may be more of it, which the list has not come to. */
  readonly hasMore?: boolean;
}

function tabsOf(inbox: Inbox): readonly Tab[] {
  const { feed: { list, unread }, shelf, words } = inbox;
  const news = new Set(list.filter((each) => isNews(inbox, each)).map(({ id }) => id));
  const below = Math.max(0, unread - list.filter(({ read }) => !read).length);
  const kinds = kindsIn(list, (id) => news.has(id));
  return [
    { id: ALL_KINDS, name: words.say("all"), count: news.size + below },
    ...kinds.map(({ kind, unread }) => ({
      ...{ id: kind, count: unread, hasMore: below > 0 },
      name: kindWords(kind, shelf?.preferences ?? null),
    })),
    { id: SNOOZED, name: words.say("snoozed"), count: shelf?.snoozed?.length ?? 0 },
    { id: ARCHIVE, name: words.say("archived"), count: 0 },
  ];
}

function tabList(inbox: Inbox, tabs: readonly Tab[], chosen: string): Described {
  const { words } = inbox;
  const choose = (id: string) => show(inbox, id);
  const onkeydown = (event: KeyboardEvent) => {
    const list = event.currentTarget as HTMLElement;
    const forward = getComputedStyle(list).direction === "rtl" ? -1 : 1;
    const step = { ArrowRight: forward, ArrowLeft: -forward }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const index = (tabs.findIndex(({ id }) => id === chosen) + step + tabs.length) % tabs.length;
    choose(tabs[index]?.id ?? chosen);
    list.querySelectorAll<HTMLElement>("[role=tab]")[index]?.focus();
  };
  return h(
    "div",
    { class: "tb", part: "tabs", role: "tablist", "aria-label": words.say("kinds"), onkeydown },
    tabs.map(({ id, name, count, hasMore }, index) =>
      h(
        "button",
        {
          ...{ key: id, id: `tab-${index}`, type: "button", part: "tab", role: "tab" },
          "aria-selected": String(id === chosen),
          "aria-controls": "list",
          tabindex: id === chosen ? 0 : -1,
          onclick: () => choose(id),
        },
        named(name),
        count > 0 && h("span", { class: "n" }, words.number(count), hasMore && "+"),
      )
    ),
  );
}

function show({ set, later }: Inbox, tab: string): void {
  set({ tab, menu: undefined });
  if (tab === ARCHIVE) later((shelf) => shelf.archived ?? shelf.loadArchived());
}

/** What stands under the head while there is no connection. */
function band(inbox: Inbox): Child {
  const { feed, words } = inbox;
  const { state } = feed.client;
  if (feed.isOnline || isStarting(inbox)) return;
  const why = state.kind === "stopped"
    ? words.say("stopped", { reason: state.reason })
    : feed.isLoaded
    ? words.say("offline_since", { time: words.clock(feed.knownAt) })
    : words.say("offline");
  return h(
    "div",
    { class: "off", part: "offline", role: "status" },
    icon("offline"),
    h("span", {}, why, feed.waiting > 0 && ` ${words.count("waiting", feed.waiting)}`),
    button({ onclick: () => feed.client.reconnect() }, words.say("retry")),
  );
}

/** Nothing has failed yet. */
function isStarting({ feed: { client: { state }, isLoaded } }: Inbox): boolean {
  return !isLoaded &&
    (state.kind === "online" || state.kind === "connecting" && state.attempt === 0);
}

function listOf(inbox: Inbox, tab: string): Child {
  const { feed, words, more } = inbox;
  if (tab === SNOOZED) return more?.snoozedList(inbox) ?? loading(words.say("loading"));
  if (tab === ARCHIVE) return more?.archivedList(inbox) ?? loading(words.say("loading"));
  const entries = fold(ofKind(feed.list, tab), inbox.shelf?.below);
  if (entries.length === 0) {
    if (feed.isLoaded) return caughtUp(inbox);
    return isStarting(inbox) && loading(words.say("loading"));
  }
  return [
    h(
      "ul",
      { role: "list", "aria-label": words.say("title") },
      entries.map((each) => item(inbox, each)),
    ),
    feed.hasOlder && older(words.say("show_older"), () => feed.loadOlder()),
  ];
}

function caughtUp(inbox: Inbox): Described {
  const { words } = inbox;
  return h(
    "div",
    { class: "mt", part: "empty" },
    h("span", { class: "ic good" }, icon("check")),
    h("b", {}, words.say("caught_up")),
    h("slot", { name: "empty" }, h("p", {}, words.say("caught_up_more"))),
    h(
      "button",
      { type: "button", class: "link", onclick: () => show(inbox, ARCHIVE) },
      words.say("see_archive"),
    ),
  );
}

function foot({ feed, words, hasKeys }: Inbox): Child {
  const keys = hasKeys && feed.list.length > 0 &&
    h(
      "span",
      { class: "keys", "aria-hidden": "true" },
      ...[h("kbd", {}, "J"), h("kbd", {}, "K"), ` ${words.say("move")} `],
      ...[
        h("kbd", {}, "E"),
        ` ${words.say("archive")} `,
        h("kbd", {}, "H"),
        ` ${words.say("snooze")}`,
      ],
    );
  return h("footer", { part: "footer" }, h("span", {}, feed.isOnline && words.say("live")), keys);
}
