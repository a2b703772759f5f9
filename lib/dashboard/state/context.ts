/** What every view may use. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Api } from "../api/api.ts";
import type { Session } from "../api/shapes.ts";
import type { LiveNodes } from "./live_nodes.ts";

export interface Surroundings {
  readonly api: Api;
  readonly session: Session;
  readonly live: LiveNodes;
  /** Says for a moment what was done. */
  notify(text: string): void;
  /** Begins a session with a key that was just made, where there was none before. */
  signInWith(key: string): Promise<void>;
}

const Context = createContext<Surroundings | undefined>(undefined);

export const Provider = Context.Provider;

export function useDashboard(): Surroundings {
  const found = useContext(Context);
  if (found === undefined) throw new TypeError("Nothing is around this part of the dashboard");
  return found;
}
