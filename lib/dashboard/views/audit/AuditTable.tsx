/** Records of the audit log. */
import type { AuditRecord } from "../../api/shapes.ts";
import { type Column, Table } from "../../kit/Table.tsx";
import { Time } from "../../kit/Time.tsx";

interface AuditTableProps {
  records: readonly AuditRecord[];
  isShort?: boolean;
}

export function AuditTable({ records, isShort = false }: AuditTableProps) {
  return (
    <Table
      label="Audit log"
      columns={isShort ? COLUMNS.slice(0, 3) : COLUMNS}
      rows={records}
      rowKey={({ id }) => String(id)}
    />
  );
}

const COLUMNS: readonly Column<AuditRecord>[] = [
  { head: "Time", by: ({ at }) => at, cell: ({ at }) => <Time at={at} /> },
  {
    head: "Who",
    by: ({ who }) => who,
    cell: ({ who }) => <b class="cut cell-short" title={who}>{who}</b>,
  },
  {
    head: "What",
    isWide: true,
    by: ({ action, target = "" }) => `${action} ${target}`,
    cell: ({ action, target = "" }) => (
      <span class="cut deed" title={`${action} ${target}`}>
        <span class="mono">{action}</span> <b>{target}</b>
      </span>
    ),
  },
  { head: "Site", isSecond: true, by: ({ site = "" }) => site, cell: ({ site }) => site ?? "—" },
  {
    head: "From",
    isSecond: true,
    by: ({ address = "" }) => address,
    cell: ({ address }) => address ?? "—",
  },
];
