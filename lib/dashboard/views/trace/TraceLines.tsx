/** Frames as they come and go, the newest first. */
import { Icon } from "../../../page/components/kit/Icon.tsx";
import type { TraceLine } from "../../api/shapes.ts";
import { type Column, Table } from "../../kit/Table.tsx";
import { bytes, exact } from "../../state/format.ts";

export function TraceLines({ lines }: { lines: readonly TraceLine[] }) {
  return (
    <Table
      label="Frames"
      columns={COLUMNS}
      rows={lines.map((line, index) => ({ ...line, index })).toReversed()}
      rowKey={({ at, index }) => `${at} ${index}`}
    />
  );
}

const COLUMNS: readonly Column<TraceLine & { index: number }>[] = [
  { head: "Time", by: ({ at }) => at, cell: ({ at }) => <span class="time">{exact(at)}</span> },
  {
    head: "Way",
    by: ({ direction }) => direction,
    cell: ({ direction }) => (
      <span class={`trace-way trace-${direction}`}>
        <Icon name={direction === "in" ? "back" : "right"} small />
        {direction === "in" ? "came" : "went"}
      </span>
    ),
  },
  {
    head: "Frame",
    isWide: true,
    by: ({ type }) => type,
    cell: ({ type, text }) => (
      <>
        <b class="mono">{type}</b>
        {text !== undefined && <small class="wrap mono">{text}</small>}
      </>
    ),
  },
  { head: "Size", isNumber: true, by: (line) => line.bytes, cell: (line) => bytes(line.bytes) },
  {
    head: "User",
    isSecond: true,
    by: ({ user_id = "" }) => user_id,
    cell: ({ user_id = "—" }) => (
      <span class="cut cell-short" title={String(user_id)}>{String(user_id)}</span>
    ),
  },
  {
    head: "Connection",
    isSecond: true,
    by: ({ connection = "" }) => connection,
    cell: ({ connection }) => <span class="mono">{connection ?? "—"}</span>,
  },
];
