/** The route that shows the endpoints that are told what happens, as all nodes together know them. */
import type { Route } from "../../http/route.ts";
import type { Hooks, HookState } from "../../hooks/hooks.ts";
import type { Nodes } from "../nodes/nodes.ts";
import type { Peers } from "../peers/peers.ts";
import { requireWholeServer } from "../whole_server.ts";

export function hookRoutes(hooks: Hooks, nodes: Nodes, peers: Peers): readonly Route[] {
  peers.answer("hooks", () => hooks.states());
  return [{
    method: "GET",
    path: "/hooks",
    scope: "manage",
    async run(call) {
      requireWholeServer(call, "the endpoints");
      const { answers, missing } = await nodes.ask<HookState[]>("hooks", {});
      const dead = await hooks.countDead().catch(() => undefined);
      const own = hooks.states();
      const parts = [...answers.values()];
      const shown = own.map(({ name }) =>
        hookOnWire(parts.flatMap((states) => states.find((each) => each.name === name) ?? []), dead)
      );
      return { status: 200, json: { hooks: shown, ...(missing.length > 0 && { missing }) } };
    },
  }];
}

/** One node tells an endpoint at a time; what each has counted is added up. */
function hookOnWire(
  states: readonly HookState[],
  dead: ReadonlyMap<string, number> | undefined,
): object {
  const [first] = states;
  if (first === undefined) return {};
  const sum = (name: "queued" | "delivered" | "failed") =>
    states.reduce((all, state) => all + state[name], 0);
  const telling = states.find(({ sender }) => sender.isHeld)?.sender;
  const oldestAt = telling?.oldestAt;
  const lastError = states.flatMap(({ sender }) => sender.lastError ?? [])
    .sort((one, other) => other.at - one.at)[0];
  return {
    ...{ name: first.name, url: first.url, events: first.events },
    state: telling === undefined ? "idle" : telling.isFailing ? "failing" : "telling",
    queued: sum("queued"),
    lag_seconds: oldestAt === undefined
      ? 0
      : Math.max(0, Math.round((Date.now() - oldestAt) / 1000)),
    ...{ delivered: sum("delivered"), failed: sum("failed") },
    dead: dead?.get(first.name) ?? 0,
    ...(lastError && { last_error: { at: lastError.at / 1000, reason: lastError.reason } }),
  };
}
