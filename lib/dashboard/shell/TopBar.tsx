/** The bar above the view: its name, the search, and whether what is shown is live. */
import { Icon } from "../../page/components/kit/Icon.tsx";
import { LiveState } from "./LiveState.tsx";
import { SearchBox } from "./SearchBox.tsx";

interface TopBarProps {
  title: string;
  isMenuOpen: boolean;
  onMenu: () => void;
}

export function TopBar({ title, isMenuOpen, onMenu }: TopBarProps) {
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
      <h1>{title}</h1>
      <LiveState />
      <SearchBox />
    </header>
  );
}
