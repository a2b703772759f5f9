/** Characters that nobody sees: those that a name must not have, or not have alone, and how a log shows them. */

/**
 * The characters that embed text of another direction, or turn its direction: by these one name looks like another, and takes
 * the text after it along. No name has them. The marks that Arabic and Hebrew texts have (U+200E, U+200F, U+061C) are none
 * of these, nor is the joiner of emoji (U+200D).
 */
export const TURNS = /[\u202a-\u202e\u2066-\u2069]/u;

/** A character that can be seen: U+2800 is an empty pattern of Braille, U+FFF9 to U+FFFB anchor annotations. */
const VISIBLE = /[^\p{Default_Ignorable_Code_Point}\p{Z}\p{Cc}\u2800\ufff9-\ufffb]/u;

/** Control characters, and those that turn the direction of text or take no room. */
const UNSEEN = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** Whether anything of a text can be seen. */
export function isVisible(text: string): boolean {
  return VISIBLE.test(text);
}

/**
 * Escapes as JSON does what nobody sees, so that a value with a line break cannot look like a second line of a log, nor turn
 * the direction of what stands behind it.
 */
export function escapeUnseen(text: string): string {
  return text.replace(
    UNSEEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
