/** Who one is on this server, the theme, and the way out. */
import type { ServerConfig } from "../config.ts";
import { usePage } from "../context.ts";
import type { Identity } from "../identity.ts";
import type { ThemeControl } from "../theme.ts";
import { Avatar } from "./Avatar.tsx";
import { Icon } from "./Icon.tsx";
import { OpenModeNote } from "./OpenModeNote.tsx";
import { Popover } from "./Popover.tsx";
import { ThemeSwitch } from "./ThemeSwitch.tsx";

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
              <span class="person-name">{name}</span>
              <span class="person-id">User {user_id}</span>
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
