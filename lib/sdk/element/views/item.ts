/** One notification of the list, or a group of them: what it says, what can be done, and the buttons that put it away. */
import type { AttachedFile, Notification } from "../../core/types.ts";
import { countOf, type Entry, kindWords } from "../../view/entries.ts";
import { linkTo } from "../../view/links.ts";
import { isNamesAlone } from "../../view/lines.ts";
import { colorOf, initials, shownText } from "../../view/text.ts";
import { isoTime } from "../../view/times.ts";
import { isUrgent } from "../../view/toasts.ts";
import { type Child, type Described, h } from "../dom.ts";
import { icon, type IconName } from "../icons.ts";
import { here } from "../deeds.ts";
import { actions } from "./actions.ts";
import {
  iconButton,
  type Inbox,
  isNews,
  membersOf,
  named,
  toggled,
  unseen,
  whatIs,
} from "./inbox.ts";
import { markdown } from "./markdown.ts";

/** How many colours there are for those who have no picture, evenly around the circle. */
const COLORS = 12;

/** How wide pictures are at most, in pixels. */
const PICTURE_WIDTH = 700;

export function item(inbox: Inbox, entry: Entry): Described {
  const { head } = entry;
  const isUnread = membersOf(entry).some((each) => isNews(inbox, each));
  const urgent = isUrgent(head);
  const count = countOf(entry);
  return h(
    "li",
    {
      key: head.id,
      class: urgent ? "it urg" : "it",
      part: isUnread ? "item item-unread" : "item",
      tabindex: -1,
      "data-id": head.id,
    },
    isUnread && h("span", { key: "un", class: "un" }),
    face(inbox, head, count),
    h(
      "div",
      { class: "body" },
      heading(inbox, head, isUnread),
      text(head),
      progress(inbox, head),
      about(inbox, head),
      files(inbox, head),
      actions(inbox, head),
      folded(inbox, entry),
    ),
    tools(inbox, entry),
    inbox.ui.menu === head.id && inbox.more?.snoozeMenu(inbox, (until) => {
      inbox.set({ menu: undefined });
      inbox.later((shelf) => shelf.snooze(entry, until));
    }),
  );
}

/** Its icon, or who sent it; and for how many it stands. */
export function face({ feed, ui, words, set }: Inbox, notification: Notification, count = 1) {
  const { name, details: { icon: picture } = {} } = notification;
  const source = addressOf(picture, (link) => feed.client.fileUrl(link));
  const isUsable = source !== undefined && !ui.broken.has(source);
  const onerror = () => source && set({ broken: new Set([...ui.broken, source]) });
  const isSign = isUrgent(notification);
  const hue = colorOf(name, COLORS) * (360 / COLORS);
  // White letters are readable on each of these.
  const style = { background: isUsable || isSign ? "" : `oklch(50% 0.13 ${hue})` };
  return h(
    "span",
    { class: isSign ? "ic bad" : "ic", style, part: "icon", "aria-hidden": "true" },
    isUsable
      ? h("img", { key: source, src: source, alt: "", onerror })
      : isSign
      ? icon("alert")
      : initials(name),
    count > 1 && h("span", { class: "n" }, words.number(count)),
  );
}

function addressOf(link: string | undefined, resolve: (link: string) => string) {
  return linkTo(link) === undefined ? undefined : resolve(link ?? "");
}

function heading(inbox: Inbox, notification: Notification, isUnread: boolean): Described {
  const { words } = inbox;
  const { name, timestamp, details: { title, url } = {} } = notification;
  const onclick = (event: MouseEvent) => inbox.opened(event, notification, url);
  const link = linkTo(url);
  return h(
    "h3",
    {},
    isUrgent(notification) && unseen(`${words.say("urgent")} `),
    link === undefined
      ? h(
        "button",
        { type: "button", class: "open", part: "item-title", onclick },
        named(title ?? name),
      )
      : h("a", { ...here(link), class: "open", part: "item-title", onclick }, named(title ?? name)),
    isUnread && unseen(`, ${words.say("unread")}, `),
    h(
      "time",
      { part: "item-time", datetime: isoTime(timestamp), title: words.full(timestamp) },
      words.ago(timestamp),
    ),
  );
}

function text(notification: Notification): Child {
  const { name, details: { title, markdown: isMarkdown } = {} } = notification;
  const words = isNamesAlone(notification) ? "" : shownText(notification);
  const sender = title !== undefined && h("b", {}, named(name));
  if (isMarkdown === true) return [sender && h("p", {}, sender), markdown(words)];
  if (words === "" && !sender) return;
  return h(
    "p",
    { part: "item-text" },
    sender,
    sender && words !== "" && " · ",
    h("bdi", {}, words),
  );
}

function progress({ words }: Inbox, { details: { progress } = {} }: Notification): Child {
  if (progress === undefined) return;
  return h(
    "p",
    { class: "pg" },
    h("progress", { max: 100, value: progress, "aria-label": words.say("progress") }),
    h("span", { "aria-hidden": "true" }, words.percent(progress)),
  );
}

/** What kind it is where several are shown, and its tags. */
function about({ ui, shelf }: Inbox, { tags = [], details: { kind } = {} }: Notification): Child {
  const words = [
    ...(kind === undefined || kind.split(".")[0] === ui.tab
      ? []
      : [kindWords(kind, shelf?.preferences ?? null)]),
    ...tags,
  ];
  return words.length > 0 &&
    h("p", {}, words.map((each) => h("span", { class: "tag" }, named(each))));
}

function files(inbox: Inbox, { image, attachments = [] }: Notification): Child {
  return [
    image !== undefined && picture(inbox, image),
    attachments.map((file) => row(inbox, file)),
  ];
}

function picture(inbox: Inbox, file: AttachedFile): Child {
  const { feed, ui, set } = inbox;
  const { id, name = "", width, height } = file;
  const src = feed.client.fileUrl(file, { thumbnail: PICTURE_WIDTH });
  if (src === "" || ui.broken.has(id)) return row(inbox, file);
  const onerror = () => set({ broken: new Set([...ui.broken, id]) });
  const look = { key: id, class: "pv", part: "image", loading: "lazy", decoding: "async" };
  return h("img", { ...look, src, alt: name, width, height, onerror });
}

function row({ feed, words }: Inbox, file: AttachedFile): Described {
  const { id, name = id, bytes } = file;
  const href = feed.client.fileUrl(file);
  const said = [
    icon("file"),
    named(name),
    bytes !== undefined && h("small", {}, words.bytes(bytes)),
  ];
  return href === ""
    ? h("span", { key: id, class: "file", part: "file" }, said)
    : h("a", { key: id, class: "file", part: "file", href, ...linkTo(href) }, said);
}

/** Those for which it stands: of a digest, or the older ones of its group. They are shown on demand. */
function folded(inbox: Inbox, entry: Entry): Child {
  const { ui, words } = inbox;
  const { head, others, more } = entry;
  const { count, items = [], group = head.id } = head.details ?? {};
  const isDigest = items.length > 0;
  const rest = others.length + more;
  if (!isDigest && rest === 0) return;
  const isOpen = ui.unfolded.has(group);
  const onclick = () => {
    inbox.set({ unfolded: toggled(ui.unfolded, group) });
    if (isOpen || isDigest) return;
    const show = (all: readonly Notification[]) =>
      inbox.set({ groups: new Map([...inbox.ui.groups, [group, all]]) });
    inbox.later((shelf) => shelf.groupOf(head).then(show, () => {})); // those that are known are shown
  };
  return [
    h(
      "button",
      { type: "button", class: "link", "aria-expanded": String(isOpen), onclick },
      isOpen
        ? words.say("show_less")
        : isDigest
        ? words.count("show_all", count ?? items.length)
        : words.count("show_more", rest),
      icon("down"),
    ),
    isOpen && inbox.more?.foldedList(inbox, entry),
  ];
}

type Tool = "read" | "archive" | "delete" | "restore";

function tools(inbox: Inbox, entry: Entry): Described {
  const { feed, words, ui } = inbox;
  const { head } = entry;
  const what = whatIs(head, words);
  const tool = (name: Tool, icon: IconName, onclick: () => void) => {
    const label = words.say(`${name}_what`, { what });
    return iconButton({
      ...{ key: name, name: icon, label, title: words.say(name), onclick, "data-tool": name },
    });
  };
  const remove = tool("delete", "trash", () => inbox.later((shelf) => shelf.delete(entry)));
  if (head.archived) {
    const restore = tool(
      "restore",
      "back",
      () => inbox.later((shelf) => shelf.unarchive([head.id])),
    );
    return h("div", { class: "hv" }, restore, remove);
  }
  const unread = membersOf(entry).filter(({ read }) => !read).map(({ id }) => id);
  const isMenu = ui.menu === head.id;
  return h(
    "div",
    { class: isMenu ? "hv on" : "hv" },
    unread.length > 0 && tool("read", "check", () => feed.read(unread)),
    iconButton({
      ...{ key: "snooze", name: "clock", "data-tool": "snooze" },
      label: words.say("snooze_what", { what }),
      title: words.say("snooze"),
      "aria-haspopup": "menu",
      "aria-expanded": String(isMenu),
      onclick: () => inbox.set({ menu: isMenu ? undefined : head.id, choosing: undefined }),
    }),
    tool("archive", "archive", () => inbox.later((shelf) => shelf.archive(entry))),
    remove,
  );
}
