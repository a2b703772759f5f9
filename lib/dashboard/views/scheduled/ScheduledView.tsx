/** What waits for its time. */
import { Name } from "../../../page/components/kit/Name.tsx";
import { query } from "../../api/api.ts";
import type { Page, Scheduled } from "../../api/shapes.ts";
import { Card } from "../../kit/Card.tsx";
import { FilterField } from "../../kit/FilterField.tsx";
import { Loading } from "../../kit/Loading.tsx";
import { More } from "../../kit/More.tsx";
import { Empty } from "../../kit/States.tsx";
import { type Column, Table } from "../../kit/Table.tsx";
import { Time } from "../../kit/Time.tsx";
import { useDashboard } from "../../state/context.ts";
import { duration } from "../../state/format.ts";
import { href, type Route } from "../../state/place.ts";
import { replaceQuery } from "../../state/route.ts";
import { usePages } from "../../state/use_pages.ts";

export function ScheduledView({ route }: { route: Route }) {
  const { api } = useDashboard();
  const user = route.query.get("user") ?? "";
  const pages = usePages(async (after, signal) => {
    const path = `/scheduled${query({ user_id: user, limit: 200, after })}`;
    const { scheduled, next, total } = await api.get<Page<"scheduled", Scheduled>>(path, signal);
    return { entries: scheduled, next, total };
  }, [user]);
  return (
    <div class="grid">
      <Card
        title="Scheduled"
        note="next first"
        actions={
          <FilterField
            label="Only of user"
            value={user}
            onValue={(user) => replaceQuery(route, { user })}
          />
        }
      >
        <Loading loaded={pages.loaded}>
          {() =>
            pages.entries.length === 0
              ? <Empty icon="clock" text="Nothing waits for its time" />
              : (
                <Table
                  label="Scheduled"
                  columns={COLUMNS}
                  rows={pages.entries}
                  rowKey={({ id, user_id }) => `${id} ${user_id}`}
                />
              )}
        </Loading>
        <More pages={pages} />
      </Card>
    </div>
  );
}

const COLUMNS: readonly Column<Scheduled>[] = [
  {
    head: "Notification",
    isWide: true,
    by: ({ title, id }) => title ?? id,
    cell: ({ id, user_id, title }) => (
      <a class="cell-link" href={href(["notifications", id], { user: String(user_id) })}>
        <b class="cut">
          <Name>{title ?? id}</Name>
        </b>
        {title !== undefined && <small class="mono">{id}</small>}
      </a>
    ),
  },
  {
    head: "User",
    by: ({ user_id }) => user_id,
    cell: ({ user_id }) => <a href={href(["users", user_id])}>{String(user_id)}</a>,
  },
  {
    head: "Comes",
    isNumber: true,
    by: ({ deliver_at }) => deliver_at,
    cell: ({ deliver_at }) => <Time at={deliver_at} />,
  },
  {
    head: "In",
    isNumber: true,
    isSecond: true,
    cell: ({ deliver_at }) => duration(deliver_at - Date.now() / 1000),
  },
];
