/** What `/metrics` tells of the node as a whole: which version it is, whether it is ready, and what it is on. */
import { VERSION } from "../base/version.ts";
import type { Family } from "../core/metrics.ts";
import type { Node } from "../core/node.ts";
import type { Storage } from "../engines/storage.ts";

export function stateFamilies(node: Pick<Node, "unready">, storage: Storage): Family[] {
  let ready = 0;
  return [
    {
      name: "build_info",
      help: "Always 1; its label says which version runs.",
      type: "gauge",
      samples: () => [{ labels: { version: VERSION }, value: 1 }],
    },
    {
      name: "ready",
      help: "Whether this node can do its work right now, as /readyz says: 1 if so, else 0.",
      type: "gauge",
      async refresh() {
        ready = await node.unready() === undefined ? 1 : 0;
      },
      samples: () => [{ value: ready }],
    },
    ...(storage.kind === "redis" ? [redisUp(storage)] : []),
  ];
}

function redisUp({ redis, subscriber }: Storage & { readonly kind: "redis" }): Family {
  return {
    name: "redis_up",
    help: "Whether both connections to Redis are up: 1 if so, else 0.",
    type: "gauge",
    samples:
      () => [{ value: [redis, subscriber].every(({ status }) => status === "ready") ? 1 : 0 }],
  };
}
