/** What each capability is to the client: `client.ts` has a list of its parts, and calls them in order. */
import type { Connected } from "./replies.ts";

export interface Part {
  /** The server has accepted the client on a new connection. */
  connected(connected: Connected): void;
  /** The connection is gone. */
  interrupt(): void;
  /** The client was closed, for good. */
  close(): void;
}
