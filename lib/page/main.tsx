/** Starts the page: makes the store and the session, and hands both to `components/App.tsx`. */
import { render } from "preact";
import { App } from "./components/App.tsx";
import { fetchConfig } from "./config.ts";
import { Page } from "./context.ts";
import { unreadCount } from "./notices.ts";
import { readPrefill } from "./prefill.ts";
import { Session } from "./session.ts";
import { noticesKey, storeOrMemory } from "./storage.ts";
import { Store } from "./store.ts";
import { applyTheme } from "./theme.ts";

const shared = storeOrMemory(() => localStorage);
const own = storeOrMemory(() => sessionStorage);
applyTheme(shared);

const store = new Store();
const session = new Session(store, {
  shared,
  own,
  openSocket: () => new WebSocket(socketAddress()),
  isWatched: () => !document.hidden,
});

store.subscribe(showTitle);
addEventListener("online", () => session.wake());
addEventListener("offline", () => session.probe());
addEventListener("storage", ({ key }) => {
  const userId = store.state.identity?.user_id;
  if (userId !== undefined && key === noticesKey(userId)) session.reloadNotices();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  session.wake();
  session.activateRoom(store.state.activeRoom);
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

function socketAddress(): string {
  const url = new URL("/ws", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

function showTitle(): void {
  const unread = unreadCount(store.state.notices);
  document.title = unread === 0 ? "notifyli" : `(${unread}) notifyli`;
}
