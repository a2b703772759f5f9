/** How the connections of a room are given what happens there: what is said and told, and, to those who watch,
 * who comes and goes. */
import { deliverToAll, deliverToOthers } from "../core/hub.ts";
import type { Kinds } from "../core/node.ts";
import type { Watching } from "./watching.ts";

export function roomKinds(watching: Watching): Kinds {
  return {
    message: deliverToAll,
    event: deliverToOthers,
    join: (here, arrival) => watching.change(here, arrival),
    leave: (here, arrival) => watching.change(here, arrival),
  };
}
