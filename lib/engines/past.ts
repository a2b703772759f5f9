/** Reads where earlier epochs ended, as it is noted beside a position: by `redis/epoch.lua`, and by `sqlite/migrations.ts`. */
import type { Position } from "../core/publication.ts";

/** @param text `epoch offset epoch offset …`; empty where there is no earlier epoch */
export function readPast(text: string): Position[] {
  if (text === "") return [];
  const words = text.split(" ");
  const ends: Position[] = [];
  for (let index = 0; index + 1 < words.length; index += 2) {
    ends.push({ epoch: words[index] ?? "", offset: Number(words[index + 1]) });
  }
  return ends;
}
