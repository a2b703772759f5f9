/** What is odd about the value of a setting, wherever it comes from: what no one sees, and what no one changed. */
import { INVISIBLE } from "./env_file.ts";

export interface Flaw {
  /** After the setting's name. */
  readonly text: string;
  /** A secret or a URL with it is not what was meant. */
  readonly isGrave: boolean;
}

/** What stands in examples in place of a secret: everyone knows it. */
const PLACEHOLDER =
  /change.?(me|this|it)\b|replace.?(me|this)\b|your.{0,2}(own.?)?(secret|key)|^<[^>]*>$/i;

/** Typographic ones too. */
const QUOTED = /^(["'`]).*\1$|^[\u00ab\u2018-\u201f\u2039].*[\u00bb\u2018-\u201f\u203a]$/su;

/** @param isUnquoted the quotes around it were taken off, as those of `.env` are */
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
