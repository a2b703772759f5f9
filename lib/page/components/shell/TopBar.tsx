/** The bar at the top: the mark, the rooms, the connection's state, the bell and the account. */
import type { Identity } from "../../session/identity.ts";
import type { State } from "../../state/store.ts";
import type { ThemeControl } from "../../theme.ts";
import { AccountMenu } from "./AccountMenu.tsx";
import { AddRoom } from "../rooms/AddRoom.tsx";
import { Bell } from "../inbox/Bell.tsx";
import { ConnectionPill } from "./ConnectionPill.tsx";
import { Logo } from "../kit/Logo.tsx";
import { RoomTabs } from "../rooms/RoomTabs.tsx";
import { ThemeButton } from "../kit/ThemeSwitch.tsx";

interface TopBarProps extends State {
  identity: Identity;
  theme: ThemeControl;
}

export function TopBar(props: TopBarProps) {
  const { identity, connection, rooms, activeRoom, notifications, config, theme } = props;
  return (
    <header class="topbar">
      <div class="brand">
        <Logo />
        <h1 class="brand-name">notifyli</h1>
      </div>
      <div class="rooms">
        <RoomTabs rooms={rooms} activeRoom={activeRoom} />
        <AddRoom />
      </div>
      <div class="topbar-actions">
        <ConnectionPill connection={connection} />
        <ThemeButton {...theme} />
        <Bell notifications={notifications} rooms={rooms} userId={identity.user_id} />
        <AccountMenu identity={identity} config={config} theme={theme} />
      </div>
    </header>
  );
}
