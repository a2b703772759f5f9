/**
 * What a browser gets by Web Push. It is the form of Declarative Web Push, which Safari shows by itself; in all other browsers
 * the service worker gets the same text, and shows it.
 */
import type { Action } from "../../inbox/details/actions.ts";
import type { DeviceMessage, Push } from "../types.ts";
import { tagOf } from "./collapsing.ts";
import { MOST_PLAIN_BYTES } from "./encryption.ts";
import { fitted } from "./fitting.ts";

/** What says that a text is of Declarative Web Push. */
const MAGIC = 8030;

/** Where a click leads without an address: the page of the service worker. */
const HOME = "./";

/** What stands above a notification of which nothing is said. */
export const NO_TITLE = "New notification";

/** The JSON in UTF-8, small enough to be encrypted; `undefined` where even without all that can go it is too large. */
export function browserMessage(message: DeviceMessage): Uint8Array | undefined {
  if (message.what === "show") return fitted(message, shown, MOST_PLAIN_BYTES)?.body;
  return inBytes({ notifyli: { close: [message.id], badge: message.badge } });
}

function shown(push: Push, isCut: boolean): Uint8Array {
  const { title, text, url = HOME, icon, image, badge, actions, at, isSilent } = push;
  return inBytes({
    web_push: MAGIC,
    notification: {
      title: title ?? text ?? NO_TITLE,
      ...(title !== undefined && text !== undefined && { body: text }),
      navigate: url,
      tag: tagOf(push),
      timestamp: at * 1000,
      ...(isSilent && { silent: true }),
      ...(icon !== undefined && { icon }),
      ...(image !== undefined && { image }),
      ...(actions !== undefined && {
        actions: actions.map((each) => ({
          action: each.id,
          title: each.label,
          navigate: each.type === "view" ? each.url : url,
        })),
      }),
      app_badge: badge,
      data: { notifyli: forPrograms(push, isCut) },
    },
    app_badge: badge,
  });
}

/** What a program on the device needs to answer, to fetch the whole text, and to show what is no part of a standard. */
export function forPrograms(push: Push, isCut: boolean): Record<string, unknown> {
  const { id, kind, group, priority, at, url, answerUrl, actions, data, text } = push;
  return {
    id,
    at,
    priority,
    ...(kind !== undefined && { kind }),
    ...(group !== undefined && { group }),
    ...(url !== undefined && { url }),
    ...(answerUrl !== undefined && { answer: answerUrl }),
    ...(actions !== undefined && { actions: actions.map(forAnswers) }),
    ...(data !== undefined && { data }),
    // The text is to be fetched from `answer`: all of it is kept back, or the end of it is missing.
    ...((isCut || text === undefined) && { cut: true }),
  };
}

/** An action without what the server calls, which is the sender's affair. */
function forAnswers(action: Action): Record<string, unknown> {
  const { id, type, label, clear } = action;
  return {
    ...{ id, type, label },
    ...(clear && { clear }),
    ...(action.type === "view" && { url: action.url }),
    ...(action.type === "reply" && action.placeholder && { placeholder: action.placeholder }),
  };
}

function inBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
