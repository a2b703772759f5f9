/** What is counted of the connection on which the nodes of one Redis hear each other. */
import { Counter } from "../core/metrics.ts";

/** It is there without Redis, too: as 0. */
export function cutOffCounter(): Counter {
  return new Counter(
    "nodes_cut_off",
    "Times that this node did not hear other nodes for a while, since its connection to Redis was lost or too much waited.",
  );
}
