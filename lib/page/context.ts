/** What every component may use: the session and the store, and whether someone looks at the page. */
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Session } from "./session/session.ts";
import type { State, Store } from "./state/store.ts";

interface PageContext {
  session: Session;
  dispatch: Store["dispatch"];
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

/** Returns the store's state, and renders the component anew with each change of it. */
export function useStore(store: Store): State {
  const [state, setState] = useState(store.state);
  useEffect(() => {
    setState(store.state);
    return store.subscribe(() => setState(store.state));
  }, [store]);
  return state;
}
