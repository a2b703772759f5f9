/** What files are called: by their uploaders, who may write anything, so that a name is cleaned and not refused. */
import { isVisible } from "../base/visible_text.ts";

/** Characters of a name. Longer ones lose what stands before their endings. */
const MAX_NAME = 200;

/** An ending that is kept. */
const ENDING = /\.[\p{L}\p{N}]{1,10}$/u;

/** Control characters, ends of lines, and what turns the direction of text, so that no name looks like another one. */
const UNWANTED = /[\p{Cc}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu;

/** The name of a file that nobody has named. */
const NAMELESS = "file";

/** The name without path, and without what nobody sees. */
export function cleanName(given: string | undefined): string {
  const name = (given ?? "").toWellFormed().replaceAll(UNWANTED, "").split(/[/\\]/).at(-1)!.trim();
  if (!isVisible(name) || /^\.+$/.test(name)) return NAMELESS;
  if (name.length <= MAX_NAME) return name;
  const [ending = ""] = ENDING.exec(name) ?? [];
  // A character of two units that was cut in half becomes none.
  return `${name.slice(0, MAX_NAME - ending.length).replace(/[\ud800-\udbff]$/, "")}${ending}`;
}
