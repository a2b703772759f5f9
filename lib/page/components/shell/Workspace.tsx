/** What a signed-in user sees: the rail, the list, what is open, its details, and what lies above them. */
import { useMemo, useState } from "preact/hooks";
import type { Contact } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import { isNarrow, useNarrow, useWide } from "../../layout.ts";
import type { Identity } from "../../session/identity.ts";
import { hasDetails, HOME, type Place } from "../../state/place.ts";
import { unsent } from "../../state/written.ts";
import type { State } from "../../state/store.ts";
import type { ThemeControl } from "../../theme.ts";
import { Alert } from "./Alert.tsx";
import { ConnectionBanner } from "./ConnectionBanner.tsx";
import { ConnectionPill } from "./ConnectionPill.tsx";
import { Details } from "./Details.tsx";
import { findConversation, type Presences } from "../../state/chats.ts";
import { KeysHelp } from "./KeysHelp.tsx";
import { ListPane } from "../list/ListPane.tsx";
import { MainPane } from "./MainPane.tsx";
import { Notices } from "./Notices.tsx";
import { PeoplePane } from "../people/PeoplePane.tsx";
import { Rail } from "./Rail.tsx";
import { NO_SEARCH, type Search } from "../search/SearchField.tsx";
import { useDetailsPin } from "../conversation/details_pin.ts";
import { useShortcuts } from "./shortcuts.ts";

interface WorkspaceProps {
  state: State;
  identity: Identity;
  theme: ThemeControl;
}

const NOBODY: Presences = new Map();

export function Workspace({ state: known, identity, theme }: WorkspaceProps) {
  const { session } = usePage();
  const { place, connection, written } = known;
  // Without a connection nobody knows who is there.
  const isOnline = connection.kind === "online";
  const contacts = useMemo(
    () => isOnline ? known.contacts : known.contacts?.map(asUnknown) ?? null,
    [isOnline, known.contacts],
  );
  const state = isOnline ? known : { ...known, presences: NOBODY, contacts };
  const [search, setSearch] = useState<Search>(NO_SEARCH);
  const [showsKeys, setShowsKeys] = useState(false);
  const isPhone = useNarrow();
  const isWide = useWide();
  const pin = useDetailsPin();
  const hasSomething = place.kind === "conversation" || place.kind === "room";
  const showsDetails = hasSomething && (isWide ? pin.isPinned : hasDetails(place));
  const pane = paneOf(place, showsDetails);

  const searchFor = (scope?: Search["scope"]) => {
    if (isNarrow() || place.kind === "people") session.go(HOME);
    setSearch({ text: "", scope, turn: search.turn + 1 });
  };
  useShortcuts(state, { search: () => searchFor(), showKeys: () => setShowsKeys(true) });
  const searchHere = () => {
    if (place.kind !== "conversation") return;
    const info = findConversation(state.chats, place.id) ?? state.thread?.info;
    searchFor({ id: place.id, name: info?.name ?? "" });
  };
  const said = state.chats.list.reduce((sum, { pending }) => sum + pending, 0);
  const waiting = unsent(written).length + said;
  const banner = <ConnectionBanner connection={connection} waiting={waiting} />;
  const isBannerInList = isPhone ? pane === "list" : !hasSomething;
  return (
    <div class={`workspace workspace-${pane}${showsDetails ? " workspace-details" : ""}`}>
      <a
        class="skip-link"
        href="#main"
        onClick={(event) => {
          event.preventDefault(); // the address says where one is
          document.getElementById("main")?.focus();
        }}
      >
        Skip to the conversation
      </a>
      <ConnectionPill connection={connection} />
      <Rail state={state} identity={identity} theme={theme} onKeys={() => setShowsKeys(true)} />
      {place.kind === "people" ? <PeoplePane state={state} identity={identity} /> : (
        <ListPane
          state={state}
          identity={identity}
          search={search}
          onSearch={setSearch}
          banner={isBannerInList ? banner : null}
        />
      )}
      <main class="main" id="main" tabIndex={-1}>
        <MainPane
          state={state}
          me={identity}
          banner={isBannerInList ? null : banner}
          onSearch={searchHere}
        />
      </main>
      {showsDetails && <Details state={state} me={identity} onSearch={searchHere} />}
      <div class="overlays">
        <Alert message={state.alert} />
      </div>
      <Notices notices={state.notices} />
      {showsKeys && <KeysHelp onClose={() => setShowsKeys(false)} />}
    </div>
  );
}

function asUnknown({ lastSeen: _, ...contact }: Contact): Contact {
  return { ...contact, status: "offline" };
}

/** Which pane a phone shows. */
function paneOf(place: Place, showsDetails: boolean): "list" | "main" | "aside" {
  if (place.kind === "home" || place.kind === "people") return "list";
  return showsDetails && hasDetails(place) ? "aside" : "main";
}
