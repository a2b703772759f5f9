/** The connections of a user, each of which can be closed. */
import { useState } from "preact/hooks";
import { Icon } from "../../../page/components/kit/Icon.tsx";
import { part } from "../../api/api.ts";
import type { UserConnection, UserPage } from "../../api/shapes.ts";
import { Ask } from "../../kit/Ask.tsx";
import { Pill } from "../../kit/Pill.tsx";
import { useDashboard } from "../../state/context.ts";
import { bytes, milliseconds, plural, when } from "../../state/format.ts";
import { useNodeNames } from "../../state/node_names.ts";

interface UserConnectionsProps {
  user: string;
  page: UserPage;
  onDone: () => void;
}

export function UserConnections({ user, page, onDone }: UserConnectionsProps) {
  const { api, notify } = useDashboard();
  const [closing, setClosing] = useState<UserConnection | undefined>();
  const nodeName = useNodeNames();
  if (page.connections.length === 0) return <p class="card-note">No connection right now.</p>;
  return (
    <ul class="lines" aria-label="Connections">
      {page.connections.map((each) => (
        <li key={each.id} class="line">
          <span class="line-sign">
            <Icon name={each.transport === "websocket" ? "desk" : "download"} small />
          </span>
          <span class="line-text">
            <b class="cut">{`${each.transport} · ${each.protocol}`}</b>
            <small>
              {[
                nodeName(each.node),
                each.address,
                `since ${when(each.since)}`,
                roomsOf(each),
                each.queued_bytes > 0 ? `${bytes(each.queued_bytes)} waiting` : "0 waiting",
                each.round_trip_ms !== undefined &&
                `${milliseconds(each.round_trip_ms)} there and back`,
              ].filter(Boolean).join(" · ")}
            </small>
          </span>
          <Pill tone={each.queued_bytes > 1_000_000 ? "warn" : "good"}>
            {each.queued_bytes > 1_000_000 ? "Slow" : "Connected"}
          </Pill>
          <button
            type="button"
            class="icon-button icon-button-small"
            aria-label={`Close connection ${each.id}`}
            title="Close"
            onClick={() => setClosing(each)}
          >
            <Icon name="close" small />
          </button>
        </li>
      ))}
      {closing !== undefined && (
        <Ask
          title={`Close a connection of user ${user}?`}
          action="Close it"
          isDangerous
          onClose={() => setClosing(undefined)}
          onConfirm={async () => {
            await api.send("DELETE", `/connections/${part(closing.id)}`);
            notify("The connection was closed");
            onDone();
          }}
        >
          <p>
            {`Connection ${closing.id}, from ${
              closing.address ?? "an unknown address"
            }. Its client may come back.`}
          </p>
        </Ask>
      )}
    </ul>
  );
}

function roomsOf({ rooms }: UserConnection): string {
  if (typeof rooms === "number") return plural(rooms, "room");
  return rooms.length === 0
    ? "no room"
    : rooms.length > 3
    ? plural(rooms.length, "room")
    : rooms.join(", ");
}
