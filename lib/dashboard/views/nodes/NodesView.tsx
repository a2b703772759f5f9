/** All nodes, or one with its last hour. */
import { Empty, Failure, Skeleton } from "../../kit/States.tsx";
import { useDashboard } from "../../state/context.ts";
import type { Route } from "../../state/place.ts";
import { NodePage } from "./NodePage.tsx";
import { NodesCard } from "./NodesCard.tsx";
import { SickNodes } from "./SickNodes.tsx";

export function NodesView({ route: { path: [, id] } }: { route: Route }) {
  const { live } = useDashboard();
  const { nodes, error, own } = live;
  if (!live.isWhole) {
    return <Empty icon="nodes" text="Nodes are shown to keys of the default site alone" />;
  }
  if (nodes === undefined) {
    return error === undefined ? <Skeleton /> : <Failure error={error} onRetry={live.retry} />;
  }
  if (id !== undefined) return <NodePage node={nodes.find((node) => node.id === id)} />;
  return (
    <>
      <SickNodes nodes={nodes} />
      <div class="grid">
        <NodesCard nodes={nodes} own={own} />
      </div>
    </>
  );
}
