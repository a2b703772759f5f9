/** The route that lists the nodes. */
import type { Route } from "../../http/route.ts";
import { requireWholeServer } from "../whole_server.ts";
import type { Nodes } from "./nodes.ts";

export function nodeRoutes(nodes: Nodes): readonly Route[] {
  return [{
    method: "GET",
    path: "/nodes",
    scope: "manage",
    async run(call) {
      requireWholeServer(call, "the nodes");
      return { status: 200, json: { nodes: await nodes.list(), this: nodes.own } };
    },
  }];
}
