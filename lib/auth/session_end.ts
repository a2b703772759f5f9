/** Closes connections that have not proved in time who they are, or whose session has ended. */
import { type Disconnect, DISCONNECTS } from "../base/errors.ts";
import type { Connection } from "../core/connection.ts";
import type { AuthCounters } from "./metrics.ts";

export function endSession(
  counters: AuthCounters,
  connection: Connection,
  disconnect: Disconnect,
): void {
  const hadSession = disconnect === DISCONNECTS.session_ended;
  counters[hadSession ? "ended" : "late"].value++;
  if (hadSession) connection.disconnect(disconnect);
  else connection.cutOff(disconnect); // it may be there to send and send
}
