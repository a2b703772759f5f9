/** A node can be drained: it gives its clients to the others, and ends as by a SIGTERM. */
import { useState } from "preact/hooks";
import { part } from "../../api/api.ts";
import type { Node } from "../../api/shapes.ts";
import { Ask } from "../../kit/Ask.tsx";
import { useDashboard } from "../../state/context.ts";
import { plural } from "../../state/format.ts";

/** By what a node says that it is about to end. */
const STOPPING = "the server is being stopped";

/** What the node does where it is not told how long it has. */
const AS_SET = "";

const WITHIN = [
  [AS_SET, "as APP_DRAIN_SECONDS says"],
  ["15", "15 seconds"],
  ["60", "1 minute"],
  ["300", "5 minutes"],
  ["900", "15 minutes"],
  ["3600", "1 hour"],
] as const;

export function NodeDrain({ node }: { node: Node }) {
  const { api, live, notify } = useDashboard();
  const [isAsking, setAsking] = useState(false);
  const [within, setWithin] = useState(AS_SET);
  const isStopping = node.reason === STOPPING;
  const others = live.nodes?.filter(({ id, ready }) => ready && id !== node.id).length ?? 0;
  const drain = async () => {
    const { seconds } = await api.send<{ seconds: number }>(
      "POST",
      `/nodes/${part(node.id)}/drain`,
      within === AS_SET ? {} : { seconds: Number(within) },
    );
    notify(`${node.name} drains, and ends in ${seconds} s`);
    live.retry();
  };
  return (
    <>
      <button
        type="button"
        class="button button-small button-danger-quiet"
        disabled={isStopping}
        onClick={() => setAsking(true)}
      >
        {isStopping ? "Draining" : "Drain…"}
      </button>
      {isAsking && (
        <Ask
          title={`Drain node ${node.name}?`}
          action="Drain"
          isDangerous
          onClose={() => setAsking(false)}
          onConfirm={drain}
        >
          <p>
            {`It gets no new clients. After a third of ${wordsOf(within)}, its ${
              plural(node.connections, "connection")
            } are closed one part after the other${
              others === 0 ? "" : ", and clients go to other nodes"
            }. Then its process ends, unless what supervises it starts it anew.`}
          </p>
          {others === 0 && (
            <p>
              <b>No other node is ready:</b> clients, and this dashboard, wait until one is started.
            </p>
          )}
          <label class="form-line">
            Within
            <select
              value={within}
              onChange={({ currentTarget }) => setWithin(currentTarget.value)}
            >
              {WITHIN.map(([value, label]) => <option key={value} value={value}>{label}</option>)}
            </select>
          </label>
        </Ask>
      )}
    </>
  );
}

function wordsOf(within: string): string {
  if (within === AS_SET) return "the time that it is set to";
  return WITHIN.find(([value]) => value === within)?.[1] ?? `${within} seconds`;
}
