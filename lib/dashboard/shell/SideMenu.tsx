/** The menu of all views; on a phone it lies over the view until one is chosen. */
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../../page/components/kit/Icon.tsx";
import { Logo } from "../../page/components/kit/Logo.tsx";
import { useTheme } from "../../page/theme.ts";
import { useDashboard } from "../state/context.ts";
import { href, type Route } from "../state/place.ts";
import { ownStorage } from "../storage.ts";
import { GROUPS, viewOf } from "./views.tsx";

interface SideMenuProps {
  route: Route;
  isOpen: boolean;
  onClose: () => void;
  onSignOut: () => Promise<void>;
}

export function SideMenu({ route, isOpen, onClose, onSignOut }: SideMenuProps) {
  const { session, live } = useDashboard();
  const { isDark, setTheme } = useTheme(ownStorage);
  const menu = useRef<HTMLElement>(null);
  const current = viewOf(route);
  const sick = live.nodes?.filter(({ ready }) => !ready).length ?? 0;
  const isRemote = session.who !== "local";

  useEffect(() => {
    if (isOpen) menu.current?.querySelector<HTMLElement>("a, button")?.focus();
  }, [isOpen]);

  return (
    <nav
      ref={menu}
      class={isOpen ? "side-menu side-menu-open" : "side-menu"}
      aria-label="Operations"
      onKeyDown={({ key }) => {
        if (key === "Escape") onClose();
      }}
    >
      <div class="side-menu-body">
        <div class="side-menu-head">
          <a class="brand" href={href([])}>
            <Logo />
            <span class="brand-name">notifyli</span>
          </a>
          <button
            type="button"
            class="icon-button side-menu-close"
            aria-label="Close the menu"
            onClick={onClose}
          >
            <Icon name="close" />
          </button>
        </div>
        {GROUPS.map(({ name, views }) => (
          <div key={name} class="side-menu-group" role="group" aria-label={name}>
            {views.map((view) => (
              <a
                key={view.path}
                href={href(view.path === "" ? [] : [view.path])}
                aria-current={view === current ? "page" : undefined}
                onClick={onClose}
              >
                <Icon name={view.icon} />
                {view.title}
                {view.path === "nodes" && sick > 0 && (
                  <span class="pill pill-warn pill-plain">
                    {sick}
                    <span class="visually-hidden">{` not ready`}</span>
                  </span>
                )}
              </a>
            ))}
          </div>
        ))}
        <div class="side-menu-group side-menu-end">
          <a href="../">
            <Icon name="chat" />
            Open chats
          </a>
          <button type="button" onClick={() => setTheme(isDark ? "light" : "dark")}>
            <Icon name={isDark ? "sun" : "moon"} />
            {isDark ? "Light look" : "Dark look"}
          </button>
          {isRemote && (
            <button type="button" onClick={() => void onSignOut()}>
              <Icon name="signOut" />
              <span class="cut">Sign out {session.name}</span>
            </button>
          )}
        </div>
      </div>
    </nav>
  );
}
