/**
 * Cuts texts into the words by which messages are found. It is done here and not by a database, so that both find the same:
 * lower case, without accents, and runs of Chinese, Japanese and Korean in pairs of characters.
 */

/** Characters that stand alone, between which people set no blanks. */
const UNSPACED =
  /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmr}\p{sc=Mymr}]/u;

/** A run of letters and digits, with the marks that belong to them. */
const RUN = /[\p{L}\p{N}\p{M}]+/gu;

/** Accents of scripts that are written without them as well: Latin, Greek, Cyrillic, Hebrew, Arabic. */
const ACCENTS = /[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u0670]/g;

/** Letters that do not come apart into a letter and an accent. */
const FOLDED: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ð: "d",
  ł: "l",
  ı: "i",
  þ: "th",
};
const FOLDS = new RegExp(`[${Object.keys(FOLDED).join("")}]`, "g");

/** Units of the longest word that is told from longer ones. */
const MOST_UNITS = 40;

/** The words of one message, each once. */
export function wordsOf(text: string): string[] {
  const words = new Set<string>();
  for (const run of runsOf(text)) for (const word of cut(run, true)) words.add(word);
  return [...words];
}

/** The beginnings of words that a message must have to be found. @param most so many at the most */
export function wantedWords(query: string, most: number): string[] {
  const words = new Set<string>();
  for (const run of runsOf(query)) for (const word of cut(run, false)) words.add(word);
  return [...words].slice(0, most);
}

function runsOf(text: string): string[] {
  const plain = text.normalize("NFKD").toLowerCase().replace(ACCENTS, "")
    .replace(FOLDS, (letter) => FOLDED[letter] ?? letter).normalize("NFC");
  return plain.match(RUN) ?? [];
}

/** A run's words: parts with blanks around them as they are, others in pairs. @param isStored whether the last one stands alone, too */
function* cut(run: string, isStored: boolean): Generator<string> {
  let spaced = "";
  let before = "";
  let isPaired = false;
  for (const character of run) {
    if (!UNSPACED.test(character)) {
      if (before !== "" && (isStored || !isPaired)) yield before;
      before = "";
      isPaired = false;
      spaced += character;
      continue;
    }
    if (spaced !== "") yield spaced.slice(0, MOST_UNITS);
    spaced = "";
    if (before !== "") {
      yield before + character;
      isPaired = true;
    }
    before = character;
  }
  if (spaced !== "") yield spaced.slice(0, MOST_UNITS);
  if (before !== "" && (isStored || !isPaired)) yield before;
}
