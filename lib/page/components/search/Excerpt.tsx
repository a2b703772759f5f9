/** The part of a message around the words that were looked for, which stand out. */

/** So many characters before the first one that was found. */
const BEFORE = 24;

export function Excerpt({ text, wanted }: { text: string; wanted: string }) {
  const words = wanted.toLocaleLowerCase().split(/\s+/u).filter((word) => word !== "");
  const flat = text.replace(/\s+/gu, " ");
  const lower = flat.toLocaleLowerCase();
  const first = Math.min(...words.map((word) => lower.indexOf(word)).filter((index) => index >= 0));
  const from = Number.isFinite(first) && first > BEFORE ? first - BEFORE : 0;
  const parts = markedParts(flat.slice(from), words);
  return (
    <bdi>
      {from > 0 && "…"}
      {parts.map(({ text, isFound }, index) => isFound ? <mark key={index}>{text}</mark> : text)}
    </bdi>
  );
}

function markedParts(text: string, words: readonly string[]) {
  if (words.length === 0) return [{ text, isFound: false }];
  const pattern = new RegExp(
    `(${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/gu, "\\$&")).join("|")})`,
    "giu",
  );
  return text.split(pattern).map((part, index) => ({ text: part, isFound: index % 2 === 1 }));
}
