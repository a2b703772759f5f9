/** What the user has put off, with when it comes back. */
import type { Notification } from "../../core/types.ts";
import { wordsOf } from "../../view/markdown.ts";
import { shownText } from "../../view/text.ts";
import { isoTime } from "../../view/times.ts";
import { type Child, type Described, h } from "../dom.ts";
import { loading, nothing } from "./controls.ts";
import { button, type Inbox, named, whatIs } from "./inbox.ts";
import { face } from "./item.ts";

export function snoozedList(inbox: Inbox): Child {
  const { shelf, words } = inbox;
  const snoozed = shelf?.snoozed;
  if (snoozed === undefined) return loading(words.say("loading"));
  if (snoozed.length === 0) return nothing(words.say("none_snoozed"));
  return h(
    "ul",
    { role: "list", "aria-label": words.say("snoozed") },
    snoozed.map((each) => snoozedItem(inbox, each)),
  );
}

function snoozedItem(inbox: Inbox, notification: Notification): Described {
  const { words, later } = inbox;
  const { id, name, details: { title, markdown, snoozedUntil = 0 } = {} } = notification;
  const text = shownText(notification);
  const what = whatIs(notification, words);
  const until = h("time", { datetime: isoTime(snoozedUntil) }, words.coming(snoozedUntil));
  const [before, after] = words.say("back_at", { time: "\n" }).split("\n");
  return h(
    "li",
    { key: id, class: "it", part: "item", tabindex: -1 },
    face(inbox, notification),
    h(
      "div",
      { class: "body" },
      h("h3", {}, named(title ?? name)),
      h("p", {}, h("bdi", {}, markdown === true ? wordsOf(text) : text)),
      h("p", {}, before, until, after),
      h(
        "div",
        { class: "ac" },
        button(
          {
            "aria-label": words.say("back_now_what", { what }),
            onclick: () => later((shelf) => shelf.unsnooze([id])),
          },
          words.say("back_now"),
        ),
      ),
    ),
  );
}
