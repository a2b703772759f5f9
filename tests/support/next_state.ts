/** Waits for what a client of the library may be for a moment only. */
import type { Client, State } from "../../lib/sdk/mod.ts";

/**
 * Resolves with the first state of the kind that the client goes into from now on. Who looks from time to time may come
 * too late: a client that has lost its connection may be back within a few milliseconds.
 */
export function nextState<K extends State["kind"]>(
  client: Client,
  kind: K,
): Promise<Extract<State, { kind: K }>> {
  return new Promise((resolve) => {
    const stop = client.on("state", (state) => {
      if (!isOf(state, kind)) return;
      stop();
      resolve(state);
    });
  });
}

function isOf<K extends State["kind"]>(
  state: State,
  kind: K,
): state is Extract<State, { kind: K }> {
  return state.kind === kind;
}
