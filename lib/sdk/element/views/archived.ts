/** What the user has archived: it can be brought back, or deleted for good. */
import type { Child } from "../dom.ts";
import { h } from "../dom.ts";
import { loading, nothing, older } from "./controls.ts";
import type { Inbox } from "./inbox.ts";
import { item } from "./item.ts";

export function archivedList(inbox: Inbox): Child {
  const { words, shelf } = inbox;
  const archived = shelf?.archived;
  if (archived === undefined) return loading(words.say("loading"));
  const { list, hasOlder } = archived;
  if (list.length === 0 && !hasOlder) return nothing(words.say("none_archived"));
  return [
    h(
      "ul",
      { role: "list", "aria-label": words.say("archived") },
      list.map((head) => item(inbox, { head, others: [], more: 0 })),
    ),
    hasOlder && older(words.say("show_older"), () => shelf?.loadOlderArchived()),
  ];
}
