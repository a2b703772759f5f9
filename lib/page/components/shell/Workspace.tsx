/** What a signed-in user sees: the bar with the rooms, the open room, and what lies above them. */
import type { Identity } from "../../session/identity.ts";
import { unsent } from "../../state/written.ts";
import type { State } from "../../state/store.ts";
import type { ThemeControl } from "../../theme.ts";
import { Alert } from "./Alert.tsx";
import { ConnectionBanner } from "./ConnectionBanner.tsx";
import { NoRoom } from "../rooms/NoRoom.tsx";
import { RoomPanel } from "../rooms/RoomPanel.tsx";
import { Toasts } from "../inbox/Toasts.tsx";
import { TopBar } from "./TopBar.tsx";

interface WorkspaceProps extends State {
  identity: Identity;
  theme: ThemeControl;
}

export function Workspace(state: WorkspaceProps) {
  const { identity, connection, rooms, activeRoom, written, notifications, toasts } = state;
  const room = rooms.find(({ room }) => room === activeRoom);
  return (
    <div class="workspace">
      <a class="skip-link" href="#main">Skip to the conversation</a>
      <TopBar {...state} />
      <ConnectionBanner connection={connection} waiting={unsent(written).length} />
      <main class="main" id="main" tabIndex={-1}>
        {room === undefined ? <NoRoom /> : (
          <RoomPanel
            key={room.room}
            room={room}
            index={rooms.indexOf(room)}
            written={written}
            me={identity}
            isOnline={connection.kind === "online"}
            messageChannel={state.config.message_channel}
          />
        )}
      </main>
      <div class="overlays">
        <Alert message={state.alert} />
        <Toasts ids={toasts} notifications={notifications} rooms={rooms} />
      </div>
    </div>
  );
}
