/** Explains a connection that is not there: when the next try is, or why there is none. */
import { useEffect, useRef, useState } from "preact/hooks";
import { CONNECTION_REFUSED, type State as ConnectionState } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import { Icon } from "../kit/Icon.tsx";

interface ConnectionBannerProps {
  connection: ConnectionState;
  /** Messages that are to be sent. */
  waiting: number;
}

export function ConnectionBanner({ connection, waiting }: ConnectionBannerProps) {
  const { session } = usePage();
  const refusal = useRefusal(connection);
  if (connection.kind === "online" || connection.kind === "closed") return null;
  if (connection.kind === "connecting" && connection.attempt === 0) return null;
  return (
    <section class={`banner banner-${connection.kind}`} aria-label="Connection">
      <Icon name="wifiOff" />
      <p class="banner-text">
        <strong>{titleOf(connection, refusal)}</strong> <Detail connection={connection} />{" "}
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

/** Why the server refused the last connection, also while the next one is tried; empty where it did not. */
function useRefusal(connection: ConnectionState): string {
  const refusal = useRef("");
  if (connection.kind !== "connecting") {
    const isRefused = connection.kind === "waiting" && connection.code === CONNECTION_REFUSED;
    refusal.current = isRefused ? connection.reason : "";
  }
  return refusal.current;
}

function titleOf(connection: ConnectionState, refusal: string): string {
  if (connection.kind !== "stopped") return refusal === "" ? "Connection lost." : sentence(refusal);
  const reason = connection.reason || "The server closed the connection";
  return `${sentence(reason).slice(0, -1)} (${connection.code}).`;
}

function sentence(text: string): string {
  return `${text.replace(/[.\s]+$/u, "")}.`;
}

function keptSentence(waiting: number): string {
  return waiting === 1
    ? "Your message is kept and sent later."
    : `Your ${waiting} messages are kept and sent later.`;
}
