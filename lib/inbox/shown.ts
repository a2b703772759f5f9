/** Notifications as clients see them: with links to their files, and without what is the sender's alone. */
import type { Content } from "../core/publication.ts";
import type { Attachments } from "./attachments.ts";
import { type Action, shownAction } from "./details/actions.ts";
import { ALERT_AT, CHANGE } from "./store/kept.ts";

/** Makes a content as clients see it. */
export interface Shows {
  show<Shown extends Content>(content: Shown): Shown;
}

export function shownWith(attachments: Pick<Attachments, "show">): Shows {
  return { show: (content) => withoutRequests(attachments.show(content)) };
}

const NO_DETAILS: Readonly<Record<string, unknown>> = {};

/** What the server calls when a user acts is not told to anybody: it may have secrets. */
function withoutRequests<Shown extends Content>(content: Shown): Shown {
  const { actions, [CHANGE]: change, [ALERT_AT]: alertAt } = content.details ?? NO_DETAILS;
  const hasActions = Array.isArray(actions);
  if (!hasActions && change === undefined && alertAt === undefined) return content;
  const { [CHANGE]: _change, [ALERT_AT]: _alertAt, ...details } = content.details ?? NO_DETAILS;
  if (!hasActions) return { ...content, details };
  const shown = actions.map((each: Action) => shownAction(each));
  return { ...content, details: { ...details, actions: shown } };
}
