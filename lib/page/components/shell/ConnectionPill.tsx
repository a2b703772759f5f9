/** The connection's state in one word, spoken when it changes. The picture of the account and the banner show it. */
import { CONNECTION_REFUSED, type State } from "../../../sdk/mod.ts";

type Kind = State["kind"];

const WORDS: Record<Kind, string> = {
  connecting: "Connecting",
  online: "Connected",
  waiting: "Reconnecting",
  stopped: "Disconnected",
  closed: "Not connected",
};

export function ConnectionPill({ connection }: { connection: State }) {
  const { kind } = connection;
  const isRefused = kind === "waiting" && connection.code === CONNECTION_REFUSED;
  return (
    <div class="connection" role="status" data-testid="connection" data-state={kind}>
      {isRefused ? "Refused" : WORDS[kind]}
    </div>
  );
}
