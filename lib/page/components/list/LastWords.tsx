/** The second line of a row: who is typing, what was begun here, or the last words and what became of them. */
import type { MessageStatus } from "../../../sdk/mod.ts";
import { Icon, type IconName } from "../kit/Icon.tsx";
import { Name } from "../kit/Name.tsx";
import type { Summary } from "./summary.ts";

const TICKS: Record<MessageStatus, { icon: IconName; word: string }> = {
  pending: { icon: "clock", word: "Waiting to be sent" },
  failed: { icon: "alert", word: "Not sent" },
  sent: { icon: "check", word: "Sent" },
  delivered: { icon: "checks", word: "Delivered" },
  read: { icon: "checks", word: "Read" },
};

export function LastWords({ shown, draft }: { shown: Summary; draft: string }) {
  const { by, words, status, typing } = shown;
  if (typing !== "") return <span class="row-last row-typing">{typing}</span>;
  if (draft !== "") {
    return (
      <span class="row-last">
        <span class="row-draft">Draft:</span> <bdi>{draft}</bdi>
      </span>
    );
  }
  const tick = status === undefined ? undefined : TICKS[status];
  return (
    <span class="row-last">
      {tick !== undefined && (
        <span class={`row-tick row-tick-${status}`}>
          <Icon name={tick.icon} small />
          <span class="visually-hidden">{`${tick.word}. `}</span>
        </span>
      )}
      {by !== "" && by !== "You" && (
        <b>
          <Name>{by}</Name>:{" "}
        </b>
      )}
      {by === "You" && status === undefined && <b>{`You: `}</b>}
      {by === "You" && status !== undefined && <span class="visually-hidden">{`You: `}</span>}
      <bdi>{words}</bdi>
    </span>
  );
}
