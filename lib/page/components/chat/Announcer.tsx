/** Speaks new messages of others: one at a time, and how many there are where they come faster than one can listen. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Row } from "../../state/timeline.ts";
import { shownName } from "../../../sdk/view/text.ts";
import { wordsOfKind } from "./words.ts";

interface AnnouncerProps {
  rows: readonly Row[];
  me: string;
  /** The newest message is among the rows. */
  isWhole: boolean;
}

const PAUSE_MS = 2_000;

export function Announcer({ rows, me, isWhole }: AnnouncerProps) {
  const [text, setText] = useState("");
  const last = useRef<string | undefined>(undefined);
  const waiting = useRef<string[]>([]);
  const timer = useRef<number | undefined>(undefined);

  const speak = () => {
    const words = waiting.current;
    waiting.current = [];
    timer.current = undefined;
    if (words.length === 0) return;
    setText(words.length === 1 ? words[0] ?? "" : `${words.length} new messages`);
    timer.current = setTimeout(speak, PAUSE_MS);
  };
  useEffect(() => {
    const before = last.current;
    last.current = rows.at(-1)?.key;
    if (before === undefined || !isWhole) return; // these were there
    const index = rows.findLastIndex(({ key }) => key === before);
    if (index < 0) return;
    for (const row of rows.slice(index + 1)) {
      if (row.kind !== "message" || row.message.userId === me) continue;
      waiting.current.push(`${shownName(row.message.name)}: ${wordsOfKind(row.message)}`);
    }
    if (timer.current === undefined) speak();
  }, [rows]);
  useEffect(() => () => clearTimeout(timer.current), []);

  return <p class="visually-hidden" aria-live="polite" data-testid="spoken">{text}</p>;
}
