/** What is going on: the numbers of now, the last minutes as lines, the nodes, and the busiest rooms. */
import { useState } from "preact/hooks";
import { Choice } from "../../kit/Choice.tsx";
import { Failure, Skeleton } from "../../kit/States.tsx";
import type { Node } from "../../api/shapes.ts";
import { useDashboard } from "../../state/context.ts";
import { NodesCard } from "../nodes/NodesCard.tsx";
import { SickNodes } from "../nodes/SickNodes.tsx";
import { Charts, type Minutes } from "./Charts.tsx";
import { Figures } from "./Figures.tsx";
import { BusyRooms } from "./BusyRooms.tsx";
import { LastDeeds } from "./LastDeeds.tsx";

const SPANS = [["10", "10 min"], ["30", "30 min"], ["60", "1 h"]] as const;

export function OverviewView() {
  const { live } = useDashboard();
  const { nodes, error } = live;
  const [chosen, setChosen] = useState<Minutes | undefined>();
  if (!live.isWhole) {
    return (
      <div class="grid">
        <BusyRooms />
        <LastDeeds />
      </div>
    );
  }
  if (nodes === undefined) {
    return error === undefined ? <Skeleton /> : <Failure error={error} onRetry={live.retry} />;
  }
  const minutes = chosen ?? fitting(nodes);
  return (
    <>
      <div class="view-tools">
        <Choice label="Time shown" value={minutes} options={SPANS} onValue={setChosen} />
      </div>
      <SickNodes nodes={nodes} />
      <div class="grid">
        <Figures nodes={nodes} />
        <Charts nodes={nodes} minutes={minutes} />
        <NodesCard nodes={nodes} own={live.own} />
        <BusyRooms />
        <LastDeeds />
      </div>
    </>
  );
}

/** The shortest time that has all that is known: a server that was just started has no hour yet. */
function fitting(nodes: readonly Node[]): Minutes {
  const first = Math.min(
    ...nodes.map(({ started_at, history = [] }) => history[0]?.at ?? started_at),
  );
  const age = Date.now() / 1000 - first;
  return SPANS.find(([minutes]) => Number(minutes) * 60 >= age)?.[0] ?? "60";
}
