/** What is wrong with the name of a group. */
import { isVisible, TURNS } from "../../../base/visible_text.ts";

/** The server's own limit, unless its settings say another; then it refuses, and the form shows why. */
const NAME_LIMIT = 64;

export function problemOfName(name: string): string | null {
  const text = name.trim();
  if (text === "") return "Give the group a name.";
  if ([...text].length > NAME_LIMIT) {
    return `That name is too long: ${NAME_LIMIT} characters at most.`;
  }
  if (TURNS.test(text)) return "A name cannot have characters that turn its direction.";
  return isVisible(text) ? null : "A name needs characters that can be seen.";
}
