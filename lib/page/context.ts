/** What every component may do: ask the session, or change the store. */
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Session } from "./session/session.ts";
import type { State, Store } from "./state/store.ts";

export interface PageContext {
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

/** The store's state, and a new rendering with each change of it. */
export function useStore(store: Store): State {
  const [state, setState] = useState(store.state);
  useEffect(() => {
    setState(store.state);
    return store.subscribe(() => setState(store.state));
  }, [store]);
  return state;
}
