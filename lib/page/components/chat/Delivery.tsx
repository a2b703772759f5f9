/** What became of our own message: a clock, one tick, two, or two bright ones; each with a word for who does not see it. */
import { useEffect, useState } from "preact/hooks";
import type { ShownMessage } from "../../state/thread.ts";
import { Icon } from "../kit/Icon.tsx";

/** After this long without an answer the page says so. */
const STILL_TRYING_MS = 10_000;

export function Delivery({ message, isOnline }: { message: ShownMessage; isOnline: boolean }) {
  switch (message.delivery) {
    case "failed":
      return null;
    case "pending":
      return <Pending isOnline={isOnline} isUploading={message.progress !== undefined} />;
    case "sent":
      return <Tick icon="check" word="Sent" />;
    case "delivered":
      // A room does not say to whom a message came.
      return message.id === 0
        ? <Tick icon="check" word="Sent" />
        : <Tick icon="checks" word="Delivered" />;
    case "read":
      return <Tick icon="checks" word="Read" isBright />;
  }
}

function Tick(
  { icon, word, isBright }: { icon: "check" | "checks"; word: string; isBright?: true },
) {
  return (
    <span class={isBright ? "tick tick-read" : "tick"} title={word}>
      <Icon name={icon} small />
      <span class="visually-hidden">{word}</span>
    </span>
  );
}

function Pending({ isOnline, isUploading }: { isOnline: boolean; isUploading: boolean }) {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    setLong(false);
    if (!isOnline || isUploading) return; // how far an upload is, is seen
    const timer = setTimeout(() => setLong(true), STILL_TRYING_MS);
    return () => clearTimeout(timer);
  }, [isOnline, isUploading]);
  const word = isOnline ? (isLong ? "Still trying" : "Sending…") : "Waiting to be sent";
  return (
    <span class="tick" title={word}>
      {isLong && <span aria-hidden="true">{word}</span>}
      <Icon name="clock" small />
      <span class="visually-hidden">{word}</span>
    </span>
  );
}
