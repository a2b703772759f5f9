/** What holds in a made room, in a few words. */
import type { MadeRoom } from "../../api/shapes.ts";

export function ruleInWords(room: MadeRoom): string {
  const { history, publish, members, maxClients, overruled_by, partly_overruled_by } = room;
  const words = [
    room["private"] === true && "private",
    room["auth"] === true && "no guests",
    Array.isArray(members) && `${members.length} members`,
    typeof maxClients === "number" && `at most ${maxClients} clients`,
    publish !== undefined &&
    `${Array.isArray(publish) ? `${publish.length} users` : publish} may say something`,
    room["presence"] === false && "nobody sees who is there",
    historyInWords(history),
    room["persistent"] === true && "history survives a restart",
    overruled_by !== undefined && `overruled by the rule for ${overruled_by}`,
    partly_overruled_by !== undefined && `partly overruled by ${partly_overruled_by.join(", ")}`,
  ].filter(Boolean);
  return words.length === 0 ? "as rooms are without a rule" : words.join(" · ");
}

function historyInWords(history: unknown): string | false {
  if (history === undefined) return false;
  if (history === false) return "no history";
  const { size, seconds } = Object(history);
  return `keeps ${size} messages for ${seconds} s`;
}
