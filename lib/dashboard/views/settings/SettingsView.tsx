/** The settings in force, where each is from, and which need no restart. Secrets are never shown. */
import type { Setting } from "../../api/shapes.ts";
import { Card } from "../../kit/Card.tsx";
import { Choice } from "../../kit/Choice.tsx";
import { FilterField } from "../../kit/FilterField.tsx";
import { Loading } from "../../kit/Loading.tsx";
import { Pill } from "../../kit/Pill.tsx";
import { Empty } from "../../kit/States.tsx";
import { type Column, Table } from "../../kit/Table.tsx";
import { useDashboard } from "../../state/context.ts";
import { useNodeNames } from "../../state/node_names.ts";
import type { Route } from "../../state/place.ts";
import { replaceQuery } from "../../state/route.ts";
import { useLoad } from "../../state/use_load.ts";

const SHOWN = [["all", "All"], ["changed", "Changed"]] as const;

interface SettingsAnswer {
  readonly settings: readonly Setting[];
  readonly node?: string;
}

export function SettingsView({ route }: { route: Route }) {
  const { api } = useDashboard();
  const nodeName = useNodeNames();
  const q = (route.query.get("q") ?? "").toLowerCase();
  const shown = route.query.get("shown") === "changed" ? "changed" : "all";
  const loaded = useLoad((signal) => api.get<SettingsAnswer>("/settings", signal), []);
  return (
    <div class="grid">
      <Card
        title="Settings in force"
        note={loaded.data?.node === undefined ? undefined : `on ${nodeName(loaded.data.node)}`}
        actions={
          <div class="card-tools">
            <Choice
              label="Shown"
              value={shown}
              options={SHOWN}
              onValue={(shown) => replaceQuery(route, { shown })}
            />
            <FilterField
              label="Filter settings"
              value={route.query.get("q") ?? ""}
              onValue={(q) => replaceQuery(route, { q })}
            />
          </div>
        }
      >
        <Loading loaded={loaded}>
          {({ settings }) => {
            const rows = settings
              .filter(({ source }) => shown === "all" || source !== "default")
              .filter(({ name, help }) => `${name} ${help}`.toLowerCase().includes(q));
            return rows.length === 0 ? <Empty icon="gear" text="No setting is like this" /> : (
              <Table
                label="Settings"
                columns={COLUMNS}
                rows={rows}
                rowKey={({ name }) => name}
              />
            );
          }}
        </Loading>
      </Card>
    </div>
  );
}

const COLUMNS: readonly Column<Setting>[] = [
  {
    head: "Setting",
    isWide: true,
    by: ({ name }) => name,
    cell: ({ name, help }) => (
      <>
        <b class="mono">{name}</b>
        <small class="wrap">{help.replaceAll("`", "")}</small>
      </>
    ),
  },
  {
    head: "Value",
    by: ({ value }) => String(value ?? ""),
    cell: ({ value, hidden }) =>
      value === null
        ? <span class="muted">hidden</span>
        : value === "" || value === undefined
        ? <span class="muted">—</span>
        : (
          <span class="mono cell-value" title={hidden ? "A part is hidden" : undefined}>
            {String(value)}
          </span>
        ),
  },
  {
    head: "From",
    by: ({ source }) => source,
    cell: ({ source }) => <Pill tone={source === "default" ? "quiet" : "info"}>{source}</Pill>,
  },
  {
    head: "Default",
    isSecond: true,
    by: (setting) => String(setting.default ?? ""),
    cell: (setting) => <span class="mono cell-value muted">{String(setting.default ?? "")}</span>,
  },
  {
    head: "Takes effect",
    isSecond: true,
    by: ({ reloadable }) => String(reloadable),
    cell: ({ reloadable }) => reloadable ? "on SIGHUP" : "after a restart",
  },
];
