/** Explains a connection that is not there: when the next try is, or why there is none. */
import { useEffect, useState } from "preact/hooks";
import type { State as ConnectionState } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import { Icon } from "../kit/Icon.tsx";

interface ConnectionBannerProps {
  connection: ConnectionState;
  /** Messages that are to be sent. */
  waiting: number;
}

export function ConnectionBanner({ connection, waiting }: ConnectionBannerProps) {
  const { session } = usePage();
  if (connection.kind === "online" || connection.kind === "closed") return null;
  if (connection.kind === "connecting" && connection.attempt === 0) return null;
  return (
    <section class={`banner banner-${connection.kind}`} aria-label="Connection">
      <Icon name="wifiOff" />
      <p class="banner-text">
        <strong>{titleOf(connection)}</strong> <Detail connection={connection} />{" "}
        {waiting > 0 && <span>{keptSentence(waiting)}</span>}
      </p>
      <button
        type="button"
        class="button button-small"
        disabled={connection.kind === "connecting"}
        onClick={() => session.reconnect()}
      >
        Reconnect now
      </button>
    </section>
  );
}

function Detail({ connection }: { connection: ConnectionState }) {
  if (connection.kind === "waiting") return <Countdown until={connection.retryAt} />;
  if (connection.kind === "connecting") return <span>Trying to reach the server…</span>;
  return <span>The page does not come back by itself.</span>;
}

function Countdown({ until }: { until: number }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [until]);
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  return <span data-testid="countdown">Reconnecting in {seconds} s.</span>;
}

function titleOf(connection: ConnectionState): string {
  if (connection.kind !== "stopped") return "Connection lost.";
  const reason = connection.reason.replace(/[.\s]+$/u, "") || "The server closed the connection";
  return `${reason} (${connection.code}).`;
}

function keptSentence(waiting: number): string {
  return waiting === 1
    ? "Your message is kept and sent later."
    : `Your ${waiting} messages are kept and sent later.`;
}
