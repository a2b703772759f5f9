/**
 * Decodes headers that are more than ASCII: those of programs that encode them as mail does (`=?UTF-8?B?R3LDvMOfZQ==?=`, RFC
 * 2047), and those of `curl`, which sends UTF-8 as it is.
 */

const WORD = /=\?([\w.:-]+)(?:\*[\w-]*)?\?([bq])\?([!->@-~]*)\?=/gi;

/** The space between two encoded words is none of the text. */
const BETWEEN = /(\?=)[ \t\r\n]+(?==\?[\w.:*-]+\?[bq]\?[!->@-~]*\?=)/gi;

/** A header's text; the runtime reads headers as Latin-1. What cannot be decoded stays as it is. */
export function headerText(value: string): string {
  return decodedWords(asUtf8(value));
}

function asUtf8(value: string): string {
  try {
    const bytes = Uint8Array.from(value, (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return value; // the header was Latin-1
  }
}

function decodedWords(text: string): string {
  if (!text.includes("=?")) return text;
  // A character may begin in one word and end in the next, so words that follow each other are decoded together.
  const joined = text.replace(BETWEEN, "$1");
  return joined.replace(new RegExp(`(?:${WORD.source})+`, "gi"), (run) => {
    const words = [...run.matchAll(WORD)];
    return sameCharset(words).map((each) => decoded(each) ?? each.map(([word]) => word).join(""))
      .join("");
  });
}

type Word = RegExpExecArray;

/** Puts neighbours of one charset together. */
function sameCharset(words: readonly Word[]): Word[][] {
  const groups: Word[][] = [];
  for (const word of words) {
    const last = groups.at(-1);
    if (last?.[0]?.[1]?.toLowerCase() === word[1]?.toLowerCase()) last?.push(word);
    else groups.push([word]);
  }
  return groups;
}

/** @returns `undefined` where the charset is not known, or the bytes are none of it */
function decoded(words: readonly Word[]): string | undefined {
  try {
    const bytes = words.flatMap(([, , encoding = "", text = ""]) => [...bytesOf(encoding, text)]);
    return new TextDecoder(words[0]?.[1], { fatal: true }).decode(new Uint8Array(bytes));
  } catch {
    return undefined;
  }
}

function bytesOf(encoding: string, text: string): Uint8Array {
  const raw = encoding.toLowerCase() === "b" ? atob(text) : text.replaceAll("_", " ")
    .replace(/=([\da-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Uint8Array.from(raw, (character) => character.charCodeAt(0));
}
