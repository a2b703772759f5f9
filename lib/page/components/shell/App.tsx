/** The page as a whole: the connect screen first, then the workspace. */
import type { KeyValueStore } from "../../../sdk/mod.ts";
import type { ConnectAnswers } from "../../session/identity.ts";
import { usePage, useStore } from "../../context.ts";
import { isNarrow } from "../../layout.ts";
import { HOME } from "../../state/place.ts";
import { withoutPrefill } from "../../session/prefill.ts";
import { loadSettings } from "../../storage/storage.ts";
import type { Store } from "../../state/store.ts";
import { useTheme } from "../../theme.ts";
import { ConnectScreen } from "../connect/ConnectScreen.tsx";
import { Workspace } from "./Workspace.tsx";

interface AppProps {
  store: Store;
  storage: KeyValueStore;
  /** The answers in the page's address, which win over what was remembered. */
  prefill: Partial<ConnectAnswers>;
}

export function App({ store, storage, prefill }: AppProps) {
  const state = useStore(store);
  const theme = useTheme(storage);
  const { session } = usePage();

  if (state.identity !== null) {
    return <Workspace state={state} identity={state.identity} theme={theme} />;
  }

  const { user_id, name, rooms, active_room } = loadSettings(storage);
  const known = { user_id, name, room: active_room || rooms[0] || "lobby", token: "" };
  const connect = (answers: ConnectAnswers) => {
    history.replaceState(null, "", withoutPrefill(location.href));
    session.signIn(answers);
    if (isNarrow()) session.go(HOME); // on a phone, the list leads to everything
  };
  return (
    <ConnectScreen
      answers={{ ...known, ...prefill }}
      isOpenMode={state.config.open}
      needsToken={state.config.tokens}
      theme={theme}
      onConnect={connect}
    />
  );
}
