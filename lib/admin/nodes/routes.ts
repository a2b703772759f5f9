/** The routes that list the nodes, and that drain one of them. */
import { CodedError } from "../../base/errors.ts";
import { type Fields, invalid } from "../../base/fields.ts";
import { onlyFields } from "../../base/only_fields.ts";
import { wholeNumber } from "../../core/command_fields.ts";
import type { Route } from "../../http/route.ts";
import type { Peers } from "../peers/peers.ts";
import { requireWholeServer } from "../whole_server.ts";
import type { Draining } from "./draining.ts";
import type { Nodes } from "./nodes.ts";

/** The longest drain, in seconds. */
export const MOST_DRAIN_SECONDS = 3600;

export function nodeRoutes(nodes: Nodes, peers: Peers, draining: Draining): readonly Route[] {
  peers.answer("drain", ({ seconds }) => draining.begin(seconds as number | undefined));
  return [
    {
      method: "GET",
      path: "/nodes",
      scope: "manage",
      async run(call) {
        requireWholeServer(call, "the nodes");
        return { status: 200, json: { nodes: await nodes.list(), this: nodes.own } };
      },
    },
    {
      method: "POST",
      path: "/nodes/:node/drain",
      scope: "manage",
      async run(call) {
        requireWholeServer(call, "the nodes");
        const given = secondsField(onlyFields(await call.fieldsIfAny(), ["seconds"]));
        const node = await nodes.named(call.param("node"));
        const fields = { ...(given !== undefined && { seconds: given }) };
        const { answers } = await peers.ask<number>("drain", fields, [node]);
        const seconds = answers.get(node);
        if (seconds === undefined) {
          throw new CodedError(
            "unconfirmed",
            `Node ${node} did not answer in time, and may drain: see GET /api/nodes`,
          );
        }
        call.audit.did(call.actor, {
          ...{ action: "node.drain", did: "drains", target: `node ${node}`, site: call.site },
        });
        return { status: 202, json: { node, seconds } };
      },
    },
  ];
}

function secondsField(fields: Fields): number | undefined {
  const seconds = wholeNumber(fields, "seconds");
  if (seconds === undefined || seconds >= 1 && seconds <= MOST_DRAIN_SECONDS) return seconds;
  throw invalid("seconds", seconds, `a whole number from 1 to ${MOST_DRAIN_SECONDS}`);
}
