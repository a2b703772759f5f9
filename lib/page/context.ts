/** What every component may use: the session and the store, and whether someone looks at the page. */
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { KeyValueStore } from "../sdk/mod.ts";
import type { Session } from "./session/session.ts";
import type { State, Store } from "./state/store.ts";

interface PageContext {
  session: Session;
  dispatch: Store["dispatch"];
  /** What the browser's tabs share, for what is chosen once. */
  storage: KeyValueStore;
}

export const Page = createContext<PageContext | null>(null);

export function usePage(): PageContext {
  const page = useContext(Page);
  if (page === null) throw new Error("Cannot use the page: this component is not within <Page>");
  return page;
}

/** Whether someone may be looking: the page is not in a hidden tab. */
export function useWatched(): boolean {
  const [isWatched, setWatched] = useState(!document.hidden);
  useEffect(() => {
    const look = () => setWatched(!document.hidden);
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  return isWatched;
}

/** Whether someone looks: the page is in view, and its window has the focus. */
export function useAttention(): boolean {
  const [isAttentive, setAttentive] = useState(document.hasFocus() && !document.hidden);
  useEffect(() => {
    const look = () => setAttentive(document.hasFocus() && !document.hidden);
    const lose = () => setAttentive(false);
    look();
    document.addEventListener("visibilitychange", look);
    addEventListener("focus", look);
    addEventListener("blur", lose);
    return () => {
      document.removeEventListener("visibilitychange", look);
      removeEventListener("focus", look);
      removeEventListener("blur", lose);
    };
  }, []);
  return isAttentive;
}

/** Returns the store's state, and renders the component anew with each change of it. */
export function useStore(store: Store): State {
  const [state, setState] = useState(store.state);
  useEffect(() => {
    setState(store.state);
    return store.subscribe(() => setState(store.state));
  }, [store]);
  return state;
}
