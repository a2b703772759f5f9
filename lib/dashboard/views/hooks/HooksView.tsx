/** The webhooks: how each does, how far it lags, and what it never took. */
import type { Hook } from "../../api/shapes.ts";
import { Card } from "../../kit/Card.tsx";
import { Loading } from "../../kit/Loading.tsx";
import { Pill, type Tone } from "../../kit/Pill.tsx";
import { Empty } from "../../kit/States.tsx";
import { type Column, Table } from "../../kit/Table.tsx";
import { useDashboard } from "../../state/context.ts";
import { ago, count, duration } from "../../state/format.ts";
import { useLoad } from "../../state/use_load.ts";
import { useOnChange } from "../../state/use_on_change.ts";
import { DeadLetters } from "../dead_letters/DeadLetters.tsx";

export function HooksView() {
  const { api } = useDashboard();
  const loaded = useLoad((signal) => api.get<{ hooks: readonly Hook[] }>("/hooks", signal), []);
  useOnChange(loaded.reload);
  return (
    <div class="grid">
      <Card title="Webhooks" note="set by HOOK_ settings">
        <Loading loaded={loaded} rows={3}>
          {({ hooks }) =>
            hooks.length === 0
              ? <Empty icon="hook" text="No webhook is set: docs/events.md says how" />
              : (
                <Table
                  label="Webhooks"
                  columns={COLUMNS}
                  rows={hooks}
                  rowKey={({ name }) => name}
                />
              )}
        </Loading>
      </Card>
      <DeadLetters source="hooks" />
    </div>
  );
}

const COLUMNS: readonly Column<Hook>[] = [
  {
    head: "Endpoint",
    isWide: true,
    by: ({ url }) => url,
    cell: ({ name, url, events, state, last_error }) => (
      <>
        <b class="cut" title={url}>{`${name} · ${url}`}</b>
        <small class="wrap">
          {state === "failing" && last_error !== undefined
            ? `${last_error.reason}, ${ago(last_error.at)}`
            : events.join(", ")}
        </small>
      </>
    ),
  },
  {
    head: "State",
    by: ({ state }) => state,
    cell: ({ state }) => <Pill tone={TONES[state]}>{capital(state)}</Pill>,
  },
  {
    head: "Waiting",
    isNumber: true,
    by: ({ queued }) => queued,
    cell: ({ queued }) => count(queued),
  },
  {
    head: "Lag",
    isNumber: true,
    isSecond: true,
    by: ({ lag_seconds }) => lag_seconds,
    cell: ({ lag_seconds }) => duration(lag_seconds),
  },
  {
    head: "Success",
    isNumber: true,
    isSecond: true,
    by: (hook) => successOf(hook) ?? -1,
    cell: (hook) => {
      const success = successOf(hook);
      return success === undefined ? "—" : `${(success * 100).toFixed(2)} %`;
    },
  },
  { head: "Dead", isNumber: true, by: ({ dead }) => dead, cell: ({ dead }) => count(dead) },
];

function successOf({ delivered, failed }: Hook): number | undefined {
  return delivered + failed === 0 ? undefined : delivered / (delivered + failed);
}

const TONES: Readonly<Record<Hook["state"], Tone>> = {
  telling: "good",
  failing: "bad",
  idle: "quiet",
};

function capital(word: string): string {
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
}
