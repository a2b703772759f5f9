/** The menu beside the view, the bar above it, and what is said for a moment. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Api, reasonOf } from "../api/api.ts";
import type { Session } from "../api/shapes.ts";
import { Provider } from "../state/context.ts";
import { useLiveNodes } from "../state/live_nodes.ts";
import { useRoute } from "../state/route.ts";
import { LiveBanner } from "./LiveBanner.tsx";
import { SideMenu } from "./SideMenu.tsx";
import { TopBar } from "./TopBar.tsx";
import { viewOf } from "./views.tsx";

/** Only keys of this site are shown what concerns the whole server. */
const DEFAULT_SITE = "default";

/** How long it is said what was done. */
const NOTICE_MS = 4000;

interface WorkspaceProps {
  api: Api;
  session: Session;
  signInWith: (key: string) => Promise<void>;
  onSignOut: () => Promise<void>;
}

export function Workspace({ api, session, signInWith, onSignOut }: WorkspaceProps) {
  const route = useRoute();
  const live = useLiveNodes(api, session.site === DEFAULT_SITE);
  const [notice, setNotice] = useState("");
  const [isMenuOpen, setMenuOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const { title, View } = viewOf(route);
  const place = route.path.join("/");

  useEffect(() => {
    if (notice === "") return;
    const timer = setTimeout(() => setNotice(""), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  const isFirst = useRef(true);
  // Before the next key: whoever types goes on where the view is.
  useLayoutEffect(() => {
    document.title = `${[title, ...route.path.slice(1)].join(" ")} · notifyli operations`;
    setMenuOpen(false);
    if (!isFirst.current) {
      scrollTo(0, 0);
      main.current?.focus();
    }
    isFirst.current = false;
  }, [place]);

  return (
    <Provider value={{ api, session, live, notify: setNotice, signInWith }}>
      <a
        class="skip-link"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the content
      </a>
      <div class="workspace">
        <SideMenu
          route={route}
          isOpen={isMenuOpen}
          onClose={() => setMenuOpen(false)}
          onSignOut={() => onSignOut().catch((error) => setNotice(reasonOf(error)))}
        />
        <div class="pane">
          <TopBar
            title={title}
            route={route}
            isMenuOpen={isMenuOpen}
            onMenu={() => setMenuOpen(true)}
          />
          <LiveBanner />
          <main id="main" ref={main} tabIndex={-1} class="view">
            <View key={place} route={route} />
          </main>
        </div>
      </div>
      <div class="notices" role="status">
        {notice !== "" && <p class="notice">{notice}</p>}
      </div>
    </Provider>
  );
}
