/** Those for which a notification stands, each in one line. */
import type { DigestItem, Notification } from "../../core/types.ts";
import type { Entry } from "../../view/entries.ts";
import { lineOf } from "../../view/lines.ts";
import { linkTo } from "../../view/links.ts";
import { isoTime } from "../../view/times.ts";
import { here } from "../deeds.ts";
import { type Described, h } from "../dom.ts";
import { type Inbox, membersOf, named } from "./inbox.ts";

export function foldedList(inbox: Inbox, entry: Entry): Described {
  const { ui, words } = inbox;
  const { head, others } = entry;
  const { count = 0, items = [], group = head.id } = head.details ?? {};
  const known = new Set(membersOf(entry).map(({ id }) => id));
  const older = (ui.groups.get(group) ?? []).filter(({ id }) => !known.has(id));
  const isDigest = items.length > 0;
  const lines = isDigest
    ? items.toReversed().map((line) => lineView(inbox, line, head))
    : [...others, ...older].map((each) => lineView(inbox, lineOf(each), each));
  const left = isDigest ? count - items.length : 0;
  return h(
    "ul",
    { class: "fold" },
    lines,
    left > 0 && h("li", {}, words.count("before", left)),
  );
}

/** @param notification what is opened by its link: one of the group, or the digest that it is a line of */
function lineView(
  { words, opened }: Inbox,
  { id, title, message, url, timestamp }: DigestItem,
  notification: Notification,
): Described {
  const link = linkTo(url);
  const text = named(title ?? message);
  const onclick = (event: MouseEvent) => opened(event, notification, url);
  return h(
    "li",
    { key: id },
    link === undefined ? h("span", {}, text) : h("a", { ...here(link), onclick }, text),
    timestamp !== undefined && h("time", { datetime: isoTime(timestamp) }, words.ago(timestamp)),
  );
}
