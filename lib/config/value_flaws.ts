/** Finds flaws in the value of a setting: characters that nobody sees, and examples that nobody changed. */
import { INVISIBLE } from "./env_file.ts";

interface Flaw {
  /** Follows the setting's name in a message. */
  readonly text: string;
  /** Whether a secret or a URL with this flaw cannot be what was meant. */
  readonly isGrave: boolean;
}

/** What examples have in place of a secret. Everyone knows these. */
const PLACEHOLDER =
  /change.?(me|this|it)\b|replace.?(me|this)\b|your.{0,2}(own.?)?(secret|key)|^<[^>]*>$/i;

/** A text in quotes, plain or typographic. */
const QUOTED = /^(["'`]).*\1$|^[\u00ab\u2018-\u201f\u2039].*[\u00bb\u2018-\u201f\u203a]$/su;

/** @param isUnquoted whether the quotes around the value were taken off already, as those in `.env` are */
export function flawsOf(value: string, isUnquoted: boolean): Flaw[] {
  const text = value.trim();
  const flaws: Flaw[] = [];
  if (text === "") return flaws;
  if (text !== value) {
    flaws.push({
      text: "has blanks, line ends or a byte-order mark at its ends, which are left out",
      isGrave: false,
    });
  }
  const [invisible] = INVISIBLE.exec(text) ?? [];
  if (invisible !== undefined) {
    const code = invisible.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
    flaws.push({ text: `has a character that cannot be seen (U+${code})`, isGrave: true });
  }
  if (PLACEHOLDER.test(text)) {
    flaws.push({ text: "still is an example's, which everyone knows", isGrave: true });
  }
  if (!isUnquoted && QUOTED.test(text)) {
    flaws.push({ text: "has quotes around it, which are part of the value", isGrave: false });
  }
  return flaws;
}
