/** The connection's state in one word, spoken when it changes. */
import type { ConnectionState } from "../connection.ts";

type Kind = ConnectionState["kind"];

const WORDS: Record<Kind, string> = {
  idle: "Not connected",
  connecting: "Connecting",
  online: "Connected",
  waiting: "Reconnecting",
  stopped: "Disconnected",
};

export function ConnectionPill({ kind }: { kind: Kind }) {
  return (
    <div class={`pill pill-${kind}`} role="status" data-testid="connection" data-state={kind}>
      <span class="pill-dot" aria-hidden="true" />
      <span class="pill-word">{WORDS[kind]}</span>
    </div>
  );
}
