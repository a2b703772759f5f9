/** The bar above the view: its name, the search, and whether what is shown is live. */
import { Icon } from "../../page/components/kit/Icon.tsx";
import { Name } from "../../page/components/kit/Name.tsx";
import { useNodeNames } from "../state/node_names.ts";
import { href, type Route } from "../state/place.ts";
import { LiveState } from "./LiveState.tsx";
import { SearchBox } from "./SearchBox.tsx";

interface TopBarProps {
  title: string;
  route: Route;
  isMenuOpen: boolean;
  onMenu: () => void;
}

export function TopBar({ title, route, isMenuOpen, onMenu }: TopBarProps) {
  const [view = "", name] = route.path;
  return (
    <header class="top-bar">
      <button
        type="button"
        class="icon-button menu-button"
        aria-label="Menu"
        aria-expanded={isMenuOpen}
        onClick={onMenu}
      >
        <Icon name="menu" />
      </button>
      <h1>{name === undefined ? title : <Crumbs {...{ title, view, name }} />}</h1>
      <LiveState />
      <SearchBox />
    </header>
  );
}

/** The way back to the list that something is from. */
function Crumbs({ title, view, name }: { title: string; view: string; name: string }) {
  const nodeName = useNodeNames();
  return (
    <>
      <a href={href([view])}>{title}</a>
      <span class="muted">&nbsp;/&nbsp;</span>
      <Name>{view === "nodes" ? nodeName(name) : name}</Name>
    </>
  );
}
