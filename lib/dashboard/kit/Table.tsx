/** A table that is sorted by its heads. Of a long one only the rows near the window are in the page. */
import type { ComponentChildren } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { Icon } from "../../page/components/kit/Icon.tsx";
import { Menu, type MenuItem } from "../../page/components/kit/Menu.tsx";
import { useRowWindow } from "./row_window.ts";

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** What rows are sorted by; absent where that would say nothing. */
  readonly by?: (row: Row) => string | number;
  readonly isNumber?: boolean;
  /** Is left out on a narrow page. */
  readonly isSecond?: boolean;
  /** Takes what room is left, and is cut where that is little. */
  readonly isWide?: boolean;
}

interface TableProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** What may be done to a row, and how the menu says whose it is. */
  menu?: (row: Row) => { label: string; items: readonly MenuItem[] };
}

interface Order {
  readonly column: number;
  readonly isDown: boolean;
}

export function Table<Row>({ label, columns, rows, rowKey, menu }: TableProps<Row>) {
  const [order, setOrder] = useState<Order | undefined>();
  const body = useRef<HTMLTableSectionElement>(null);
  const sorted = useMemo(() => sortedBy(rows, columns, order), [rows, columns, order]);
  const { from, to, before, after } = useRowWindow(body, sorted.length);
  const width = columns.length + (menu === undefined ? 0 : 1);

  return (
    <div class="table-around" tabIndex={0} role="group" aria-label={label}>
      <table aria-rowcount={sorted.length + 1}>
        <thead>
          <tr>
            {columns.map((column, index) => (
              <th
                key={column.head}
                scope="col"
                class={classOf(column)}
                aria-sort={order?.column === index
                  ? order.isDown ? "descending" : "ascending"
                  : undefined}
              >
                {column.by === undefined ? column.head : (
                  <button
                    type="button"
                    class="sorter"
                    onClick={() => setOrder(nextOrder(order, index, column.isNumber ?? false))}
                  >
                    {column.head}
                    {order?.column === index && (
                      <span class={order.isDown ? "sorted sorted-down" : "sorted"}>
                        <Icon name="down" small />
                      </span>
                    )}
                  </button>
                )}
              </th>
            ))}
            {menu !== undefined && (
              <th scope="col" class="cell-menu">
                <span class="visually-hidden">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody ref={body}>
          <Spacer pixels={before} width={width} />
          {sorted.slice(from, to).map((row, index) => (
            <tr key={rowKey(row)} aria-rowindex={from + index + 2}>
              {columns.map((column) => (
                <td key={column.head} class={classOf(column)}>{column.cell(row)}</td>
              ))}
              {menu !== undefined && (
                <td class="cell-menu">
                  <RowMenu {...menu(row)} />
                </td>
              )}
            </tr>
          ))}
          <Spacer pixels={after} width={width} />
        </tbody>
      </table>
    </div>
  );
}

function RowMenu({ label, items }: { label: string; items: readonly MenuItem[] }) {
  if (items.length === 0) return null;
  return (
    <Menu
      label={label}
      class="icon-button icon-button-small"
      button={<Icon name="more" small />}
      items={items}
    />
  );
}

/** Stands for the rows that are not in the page. */
function Spacer({ pixels, width }: { pixels: number; width: number }) {
  if (pixels === 0) return null;
  return (
    <tr class="spacer" aria-hidden="true">
      <td colSpan={width} style={{ height: `${pixels}px` }} />
    </tr>
  );
}

function classOf<Row>({ isNumber, isSecond, isWide }: Column<Row>): string {
  return [isNumber && "cell-number", isSecond && "cell-second", isWide && "cell-wide"]
    .filter(Boolean).join(" ");
}

/** Numbers begin with the largest, words with the first; the third time is as it came. */
function nextOrder(order: Order | undefined, column: number, isNumber: boolean): Order | undefined {
  if (order?.column !== column) return { column, isDown: isNumber };
  return order.isDown === isNumber ? { column, isDown: !isNumber } : undefined;
}

function sortedBy<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  order: Order | undefined,
): readonly Row[] {
  const by = order && columns[order.column]?.by;
  if (order === undefined || by === undefined) return rows;
  const sign = order.isDown ? -1 : 1;
  return rows.toSorted((one, other) => sign * compare(by(one), by(other)));
}

function compare(one: string | number, other: string | number): number {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other), undefined, { numeric: true });
}
