/** The route that shows the server's counters. */
import { CodedError } from "../base/errors.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import type { Node } from "../core/node.ts";
import type { ConnectionGate } from "../limits/connection_gate.ts";
import type { Route } from "./route.ts";

export function statsRoutes(
  node: Pick<Node, "stats">,
  gate: Pick<ConnectionGate, "limit">,
): readonly Route[] {
  return [{
    method: "GET",
    path: "/stats",
    scope: "read",
    run({ site }) {
      if (site === DEFAULT_SITE) {
        return { status: 200, json: { clients_limit: gate.limit, ...node.stats() } };
      }
      throw new CodedError("forbidden", "Cannot show the counters of all sites to one of them");
    },
  }];
}
