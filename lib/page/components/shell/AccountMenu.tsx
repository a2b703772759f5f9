/** Who the user is on this server, the theme, and the way out. */
import type { ServerConfig } from "../../config.ts";
import { usePage } from "../../context.ts";
import type { Identity } from "../../session/identity.ts";
import type { ThemeControl } from "../../theme.ts";
import { Avatar } from "../kit/Avatar.tsx";
import { Icon } from "../kit/Icon.tsx";
import { OpenModeNote } from "../connect/OpenModeNote.tsx";
import { Popover } from "../kit/Popover.tsx";
import { ThemeSwitch } from "../kit/ThemeSwitch.tsx";

interface AccountMenuProps {
  identity: Identity;
  config: ServerConfig;
  theme: ThemeControl;
}

export function AccountMenu({ identity, config, theme }: AccountMenuProps) {
  const { session } = usePage();
  const { user_id, name } = identity;
  return (
    <Popover
      buttonLabel={`Account of ${name}`}
      buttonClass="account-button"
      button={<Avatar userId={user_id} name={name} />}
      panelLabel="Account"
      panelClass="account"
    >
      {() => (
        <>
          <div class="account-head">
            <Avatar userId={user_id} name={name} />
            <span class="person-text">
              <span class="person-name">
                <bdi>{name}</bdi>
              </span>
              <span class="person-id">
                User <bdi>{user_id}</bdi>
              </span>
            </span>
          </div>
          <ThemeSwitch {...theme} />
          {config.open && <OpenModeNote />}
          <button
            type="button"
            class="button button-wide"
            onClick={() => session.signOut()}
          >
            <Icon name="signOut" />
            Sign out
          </button>
          {config.version !== "" && <p class="version">notifyli {config.version}</p>}
        </>
      )}
    </Popover>
  );
}
