/** Who the user is on this server, the look, who sees what, the keys, and the way out. */
import type { ServerConfig } from "../../config.ts";
import { usePage } from "../../context.ts";
import type { Identity } from "../../session/identity.ts";
import type { ThemeControl } from "../../theme.ts";
import { Avatar } from "../kit/Avatar.tsx";
import { Icon } from "../kit/Icon.tsx";
import { Name } from "../kit/Name.tsx";
import { OpenModeNote } from "../connect/OpenModeNote.tsx";
import { Popover } from "../kit/Popover.tsx";
import { ThemeSwitch } from "../kit/ThemeSwitch.tsx";
import { shownName } from "../../../sdk/view/text.ts";
import { PrivacySwitches } from "./PrivacySwitches.tsx";

interface AccountMenuProps {
  identity: Identity;
  config: ServerConfig;
  theme: ThemeControl;
  isOnline: boolean;
  onKeys: () => void;
}

export function AccountMenu({ identity, config, theme, isOnline, onKeys }: AccountMenuProps) {
  const { session } = usePage();
  const { user_id, name } = identity;
  return (
    <Popover
      buttonLabel={`Account of ${shownName(name)}`}
      buttonClass="rail-item account-button"
      button={
        <>
          <Avatar
            userId={user_id}
            name={name}
            size="small"
            status={isOnline ? "online" : "offline"}
          />
          <span class="rail-word" aria-hidden="true">You</span>
        </>
      }
      panelLabel="Account"
      panelClass="account"
    >
      {(close) => (
        <>
          <div class="account-head">
            <Avatar userId={user_id} name={name} />
            <span class="person-text">
              <span class="person-name">
                <Name>{name}</Name>
              </span>
              <span class="person-id">
                User <Name>{user_id}</Name>
              </span>
            </span>
          </div>
          <ThemeSwitch {...theme} />
          <PrivacySwitches />
          {config.open && <OpenModeNote />}
          <div class="account-actions">
            <button
              type="button"
              class="button button-wide"
              onClick={() => {
                close();
                onKeys();
              }}
            >
              <Icon name="keys" />
              Keyboard
            </button>
            <button type="button" class="button button-wide" onClick={() => session.signOut()}>
              <Icon name="signOut" />
              Sign out
            </button>
          </div>
          {config.version !== "" && <p class="version">notifyli {config.version}</p>}
        </>
      )}
    </Popover>
  );
}
