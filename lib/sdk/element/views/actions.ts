/** What a user can do with a notification, each once: open an address, have the server call one, or answer. */
import type { Notification, NotificationAction } from "../../core/types.ts";
import { linkTo } from "../../view/links.ts";
import { isUrgent } from "../../view/toasts.ts";
import { here } from "../deeds.ts";
import { type Child, type Described, h } from "../dom.ts";
import { icon } from "../icons.ts";
import { button, type Inbox, named, unseen } from "./inbox.ts";

/** Characters of a reply. */
const LONGEST_REPLY = 1_000;

export function actions(inbox: Inbox, notification: Notification): Child {
  const { actions = [] } = notification.details ?? {};
  if (actions.length === 0) return;
  const main = isUrgent(notification) ? actions.find(({ type }) => type !== "reply") : undefined;
  return h(
    "div",
    { class: "ac", part: "actions" },
    actions.map((action) => act(inbox, notification, action, action === main)),
  );
}

function act(
  inbox: Inbox,
  notification: Notification,
  action: NotificationAction,
  isMain: boolean,
): Child {
  const { words, ui: { doing } } = inbox;
  const { id, type, label, url, doneAt } = action;
  if (doneAt !== undefined && type !== "view") return outcome(inbox, action);
  const state = doing.get(`${notification.id} ${id}`);
  const isBusy = state === "busy";
  const failed = typeof state === "object" && type !== "view" && h(
    "p",
    { key: `${id} failed`, class: "out bad", role: "alert" },
    icon("alert"),
    words.say("not_done", { reason: state.failed }),
  );
  if (type === "reply") return [reply(inbox, notification, action, isBusy), failed];
  const look = { key: id, class: isMain ? "b p" : "b", part: "button action" };
  if (type === "view") {
    const onclick = (event: MouseEvent) => inbox.act(event, notification, action);
    const link = linkTo(url);
    return h("a", { ...look, ...(link && here(link)), onclick }, named(label));
  }
  return [
    button(
      {
        ...look,
        class: isMain ? "p" : "",
        "aria-disabled": isBusy && "true", // a disabled one would lose the focus
        "aria-busy": isBusy && "true",
        onclick: (event: Event) => isBusy || inbox.act(event, notification, action),
      },
      isBusy && icon("clock"),
      named(label),
      isBusy && unseen(`, ${words.say("busy")}`),
    ),
    failed,
  ];
}

/** What came of it. What another server answers is not always what was wished for. */
function outcome(
  { words }: Inbox,
  { id, type, label, status = 200, text = "" }: NotificationAction,
): Described {
  const isGood = type === "reply" || status < 400;
  return h(
    "p",
    { key: `${id} done`, class: isGood ? "out" : "out bad", role: "status" },
    icon(isGood ? "check" : "alert"),
    h(
      "span",
      {},
      type === "reply"
        ? words.say("answered")
        : isGood
        ? named(label)
        : words.say("answered_with", { label, status }),
      text !== "" && [": ", h("bdi", {}, text)],
    ),
  );
}

function reply(
  inbox: Inbox,
  notification: Notification,
  action: NotificationAction,
  isBusy: boolean,
): Described {
  const { id, label, placeholder } = action;
  const onsubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const field = (event.currentTarget as HTMLFormElement).elements[0] as HTMLInputElement;
    const text = field.value.trim();
    if (text !== "" && !isBusy) inbox.act(event, notification, action, text);
  };
  return h(
    "form",
    { key: id, class: "rp", part: "reply", onsubmit },
    h("input", {
      type: "text",
      "data-act": id,
      dir: "auto",
      "aria-label": label,
      placeholder: placeholder ?? label,
      maxlength: LONGEST_REPLY,
      autocomplete: "off",
    }),
    button(
      { type: "submit", class: "p", "aria-disabled": isBusy && "true" },
      placeholder === undefined ? inbox.words.say("send") : named(label),
    ),
  );
}
