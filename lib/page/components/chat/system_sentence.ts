/** Says in words what happened in a conversation. */
import type { MessageActions } from "./actions.ts";
import type { ShownMessage } from "../../state/thread.ts";
import { shownName } from "../../../sdk/view/text.ts";

/** A first strong isolate and its end, so that a name turns nothing of the sentence around it. */
const isolated = (name: string) => `\u2068${shownName(name)}\u2069`;

export function systemSentence(
  { userId, name, text, system }: ShownMessage,
  { nameOf, me }: Pick<MessageActions, "nameOf" | "me">,
): string {
  const who = userId === me ? "You" : isolated(name);
  const whom = (system?.userIds ?? []).map((id) => id === me ? "you" : isolated(nameOf(id)));
  const people = listed(whom);
  switch (system?.event) {
    case "created":
      return `${who} made this group`;
    case "renamed":
      return `${who} named it ${isolated(system.name ?? "")}`;
    case "pictured":
      return `${who} changed the picture`;
    case "added":
      return `${who} added ${people}`;
    case "removed":
      return `${who} removed ${people}`;
    case "left":
      return `${who} left`;
    case "role":
      return system.role === "admin"
        ? `${who} made ${people} an admin`
        : `${who} made ${people} a member`;
    case "handed_over":
      return `${who} handed the group over to ${people}`;
    default:
      return text;
  }
}

function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}
