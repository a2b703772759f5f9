/** Notifications as they come, over everything else: what is urgent stays, the others are there for a few seconds. */
import type { Notification } from "../../core/types.ts";
import { linkTo } from "../../view/links.ts";
import { wordsOf } from "../../view/markdown.ts";
import { shownText } from "../../view/text.ts";
import { isLow, isUrgent, shownToasts } from "../../view/toasts.ts";
import { here } from "../deeds.ts";
import { type Child, type Described, h } from "../dom.ts";
import type { Notice, NoticeWords } from "../feed.ts";
import { icon } from "../icons.ts";
import { actions } from "./actions.ts";
import { iconButton, type Inbox, named, unseen, whatIs } from "./inbox.ts";
import { face } from "./item.ts";

/** How wide the picture of a toast is at most, in pixels. */
const PICTURE_WIDTH = 160;

/** The live regions are always there: they speak only of what changes inside them. */
export function toasts(inbox: Inbox, openInbox: () => void): Child[] {
  const { feed, words } = inbox;
  const { urgent, others, hidden } = shownToasts(feed.toasts, feed.list);
  return [
    h(
      "div",
      { role: "alert", "aria-atomic": "false", "aria-label": words.say("new_urgent") },
      urgent.map((each) => toast(inbox, each)),
    ),
    h(
      "div",
      { role: "status", "aria-atomic": "false", "aria-label": words.say("new") },
      others.map((each) => toast(inbox, each)),
      hidden.length > 0 && h(
        "button",
        {
          ...{ key: "more", type: "button", class: "more", onclick: openInbox },
          "data-timed": hidden.filter((each) => !isUrgent(each)).map(({ id }) => id).join(" "),
        },
        words.count("more", hidden.length),
      ),
    ),
  ];
}

/** What the user has just done, with a way to undo it; or what was refused. */
export function notices({ feed, words }: Inbox): Described {
  return h("div", { role: "status" }, feed.notices.map((each) => notice(each)));

  function filled({ what, until, reason = "" }: NoticeWords): Record<string, string> {
    if (until !== undefined) return { time: words.coming(until) };
    const [first] = what ?? [];
    if (what === undefined || first === undefined) return { reason };
    return {
      what: what.length === 1 ? whatIs(first, words) : words.count("notifications", what.length),
    };
  }

  function notice({ id, key, put, undo }: Notice): Described {
    const isGood = key !== "failed";
    const said = words.say(key, filled(put));
    return h(
      "div",
      { key: id, class: "to lo", part: "toast notice", "data-notice": id },
      h("span", { class: isGood ? "good" : "bad" }, icon(isGood ? "check" : "alert")),
      h("b", {}, h("bdi", {}, said)),
      undo && h(
        "button",
        {
          ...{ type: "button", class: "link", "aria-label": `${words.say("undo")}: ${said}` },
          onclick: () => feed.dismissNotice(id, true),
        },
        words.say("undo"),
      ),
    );
  }
}

function toast(inbox: Inbox, notification: Notification): Described {
  const { feed, words } = inbox;
  const { id, name, details: { title, url, alertedAt } = {} } = notification;
  const urgent = isUrgent(notification);
  const low = isLow(notification);
  const link = linkTo(url);
  const onclick = (event: MouseEvent) => {
    inbox.opened(event, notification, url);
    feed.dismiss(id);
  };
  const said = [
    h("b", {}, urgent && unseen(`${words.say("urgent")} `), named(title ?? name)),
    (!low || title === undefined) && h("span", {}, h("bdi", {}, wordsIn(notification))),
  ];
  const open = { class: "toopen", onclick };
  return h(
    "div",
    {
      key: `${id} ${alertedAt}`,
      class: urgent ? "to hi" : low ? "to lo" : "to",
      part: "toast",
      "data-timed": urgent ? undefined : id,
    },
    !low && picture(inbox, notification),
    h(
      "div",
      { class: "body" },
      link === undefined
        ? h("button", { ...open, type: "button" }, said)
        : h("a", { ...open, ...here(link) }, said),
      urgent && actions(inbox, notification),
    ),
    iconButton({
      name: "close",
      label: words.say("dismiss_what", { what: whatIs(notification, words) }),
      onclick: () => feed.dismiss(id),
    }),
    !urgent && !low && h("i", { class: "lf" }),
  );
}

/** The picture that it has, or its face. */
function picture(inbox: Inbox, notification: Notification): Described {
  const { feed, ui, set } = inbox;
  const { image } = notification;
  const src = image === undefined ? "" : feed.client.fileUrl(image, { thumbnail: PICTURE_WIDTH });
  if (src === "" || ui.broken.has(src)) return face(inbox, notification);
  const onerror = () => set({ broken: new Set([...ui.broken, src]) });
  return h("span", { class: "ic", part: "icon" }, h("img", { key: src, src, alt: "", onerror }));
}

function wordsIn(notification: Notification): string {
  const text = shownText(notification);
  return notification.details?.markdown === true ? wordsOf(text) : text;
}
