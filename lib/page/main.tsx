/** Starts the page: makes the store and the session, and hands both to `components/shell/App.tsx`. */
import { render } from "preact";
import { connect, sharedTransport } from "../sdk/mod.ts";
import { serverAddress } from "./address.ts";
import { App } from "./components/shell/App.tsx";
import { showNotification } from "./components/inbox/Inbox.tsx";
import { ignoreOtherDrops } from "./components/files/DropTarget.tsx";
import { fetchConfig } from "./config.ts";
import { Page } from "./context.ts";
import { readPrefill } from "./session/prefill.ts";
import { syncAddress } from "./session/address_sync.ts";
import { Session } from "./session/session.ts";
import { storeOrMemory, withoutInbox } from "./storage/storage.ts";
import { HOME, parsePlace } from "./state/place.ts";
import { Store } from "./state/store.ts";
import { thisDevice, watchAway } from "./session/device.ts";
import { isNarrow } from "./layout.ts";
import { applyTheme } from "./theme.ts";

const shared = storeOrMemory(() => localStorage);
const own = storeOrMemory(() => sessionStorage);
applyTheme(shared);
ignoreOtherDrops();

const store = new Store();
const session = new Session(store, {
  shared,
  own,
  // One connection for all tabs, where the browser can.
  connect: ({ user_id, name }, token) =>
    connect({
      url: new URL("ws", serverAddress()),
      userId: user_id,
      name,
      ...(token === "" ? {} : { token }),
      device: thisDevice(shared),
      storage: withoutInbox(shared),
      transport: sharedTransport(new URL("notifyli-worker.js", serverAddress())),
    }),
  isWatched: () => !document.hidden,
  showNotification,
});

const isInstalled = matchMedia("(display-mode: standalone)");
store.subscribe(showTitle);
document.addEventListener("visibilitychange", () => {
  const { identity, place } = store.state;
  if (!document.hidden && identity !== null) store.dispatch({ type: "place_opened", place });
});

store.dispatch({ type: "config_loaded", config: await fetchConfig() });
const prefill = readPrefill(location.search);
const asked = parsePlace(location.hash);
if (Object.keys(prefill).length === 0 && session.resume() && (asked !== HOME || isNarrow())) {
  session.go(asked);
}
syncAddress(store, session);
addEventListener("beforeunload", (event) => {
  if (session.hasUnsentFiles) event.preventDefault(); // the browser asks whether to leave
});
watchAway((isAway) => session.setAway(isAway));

const root = document.getElementById("app");
if (root === null) throw new Error("Cannot show the page: there is no element with the id 'app'");
render(
  <Page.Provider value={{ session, dispatch: (action) => store.dispatch(action), storage: shared }}>
    <App store={store} storage={shared} prefill={prefill} />
  </Page.Provider>,
  root,
);

/** What is unread in conversations counts beside the notifications: both want to be looked at. */
function showTitle(): void {
  const { unread: notifications, chats } = store.state;
  const unread = notifications + chats.unread.messages;
  if (isInstalled.matches) void navigator.setAppBadge?.(unread).catch(() => {});
  document.title = unread === 0 ? "notifyli" : `(${unread}) notifyli`;
}
