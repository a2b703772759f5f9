/** Speaks of the files that are on their way: how far a long one is, now and then, and what became of each. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Row } from "../../state/timeline.ts";
import type { ShownMessage } from "../../state/thread.ts";
import { fileName, percentOf } from "../../file_words.ts";

/** Of what is sent faster, only the end is told. */
const PAUSE_MS = 5_000;

export function UploadAnnouncer({ rows }: { rows: readonly Row[] }) {
  const [text, setText] = useState("");
  /** Those that were on their way when one looked last. */
  const running = useRef(new Set<string>());
  const toldAt = useRef(0);

  useEffect(() => {
    const own = rows.flatMap((row) => row.kind === "message" && row.isOwn ? [row.message] : []);
    const ended = own.filter(({ key, delivery }) =>
      running.current.has(key) && delivery !== "pending"
    );
    const sending = own.filter(isSending);
    if (sending.length > 0 && running.current.size === 0) toldAt.current = performance.now();
    running.current = new Set(sending.map(({ key }) => key));
    const words = ended.map(endWords).join(" ");
    const [current] = sending.filter(({ progress }) => (progress?.sent ?? 0) > 0);
    if (words !== "") setText(words);
    else if (current !== undefined && performance.now() > toldAt.current + PAUSE_MS) {
      const { sent = 0, bytes = 0 } = current.progress ?? {};
      setText(`${fileName(current.file ?? {})}: ${percentOf(sent, bytes)} percent are sent.`);
    } else return;
    toldAt.current = performance.now();
  }, [rows]);
  return <p class="visually-hidden" role="status" data-testid="spoken-uploads">{text}</p>;
}

function isSending({ delivery, file }: ShownMessage): boolean {
  return delivery === "pending" && file !== undefined;
}

function endWords({ delivery, file, failure }: ShownMessage): string {
  const name = fileName(file ?? {});
  return delivery === "failed" ? `${name} was not sent: ${failure}` : `${name} is sent.`;
}
