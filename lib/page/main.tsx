/** Starts the page: makes the store and the session, and hands both to `components/shell/App.tsx`. */
import { render } from "preact";
import { connect, sharedTransport } from "../sdk/mod.ts";
import { serverAddress } from "./address.ts";
import { App } from "./components/shell/App.tsx";
import { fetchConfig } from "./config.ts";
import { Page } from "./context.ts";
import { readPrefill } from "./session/prefill.ts";
import { Session } from "./session/session.ts";
import { storeOrMemory } from "./storage/storage.ts";
import { Store } from "./state/store.ts";
import { applyTheme } from "./theme.ts";

const shared = storeOrMemory(() => localStorage);
const own = storeOrMemory(() => sessionStorage);
applyTheme(shared);

const store = new Store();
const session = new Session(store, {
  shared,
  own,
  // One connection for all tabs, where the browser can. The list of notifications is read anew after a reload, so
  // nothing keeps the place in the inbox either: what was seen is the server's to know.
  connect: ({ user_id, name }, token) =>
    connect({
      url: new URL("ws", serverAddress()),
      userId: user_id,
      name,
      ...(token === "" ? {} : { token }),
      transport: sharedTransport(new URL("notifyli-worker.js", serverAddress())),
    }),
  isWatched: () => !document.hidden,
});

store.subscribe(showTitle);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) session.activateRoom(store.state.activeRoom);
});

store.dispatch({ type: "config_loaded", config: await fetchConfig() });
const prefill = readPrefill(location.search);
if (Object.keys(prefill).length === 0) session.resume();

const root = document.getElementById("app");
if (root === null) throw new Error("Cannot show the page: there is no element with the id 'app'");
render(
  <Page.Provider value={{ session, dispatch: (action) => store.dispatch(action) }}>
    <App store={store} storage={shared} prefill={prefill} />
  </Page.Provider>,
  root,
);

function showTitle(): void {
  const { unread } = store.state.notifications;
  document.title = unread === 0 ? "notifyli" : `(${unread}) notifyli`;
}
