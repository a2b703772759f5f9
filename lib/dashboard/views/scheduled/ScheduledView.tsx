/** What waits for its time, each of which can be taken back. */
import { useState } from "preact/hooks";
import { Name } from "../../../page/components/kit/Name.tsx";
import { part, query } from "../../api/api.ts";
import type { Page, Scheduled } from "../../api/shapes.ts";
import { Ask } from "../../kit/Ask.tsx";
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
import { useOnChange } from "../../state/use_on_change.ts";
import { usePages } from "../../state/use_pages.ts";

export function ScheduledView({ route }: { route: Route }) {
  const { api, notify } = useDashboard();
  const [taking, setTaking] = useState<Scheduled | undefined>();
  const user = route.query.get("user") ?? "";
  const pages = usePages(async (after, signal) => {
    const path = `/scheduled${query({ user_id: user, limit: 200, after })}`;
    const { scheduled, next, total } = await api.get<Page<"scheduled", Scheduled>>(path, signal);
    return { entries: scheduled, next, total };
  }, [user]);
  useOnChange(pages.loaded.reload);
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
              ? (
                <Empty
                  icon="clock"
                  text={user === ""
                    ? "Nothing waits for its time"
                    : `Nothing of user ${user} waits for its time`}
                />
              )
              : (
                <Table
                  label="Scheduled"
                  columns={COLUMNS}
                  rows={pages.entries}
                  rowKey={({ id, user_id }) => `${id} ${user_id}`}
                  menu={(each) => ({
                    label: `Actions for notification ${each.id}`,
                    items: [{
                      label: "Take back…",
                      icon: "trash",
                      isDangerous: true,
                      choose: () => setTaking(each),
                    }],
                  })}
                />
              )}
        </Loading>
        <More pages={pages} />
      </Card>
      {taking !== undefined && (
        <Ask
          title={`Take ${taking.title ?? taking.id} back?`}
          action="Take back"
          isDangerous
          onClose={() => setTaking(undefined)}
          onConfirm={async () => {
            const { id, user_id } = taking;
            await api.send("DELETE", `/notifications/${part(id)}${query({ user_id })}`);
            notify(`User ${user_id} will not get it`);
            pages.loaded.reload();
          }}
        >
          <p>
            {taking.snoozed === true
              ? `User ${taking.user_id} has put it off, and will not get it back. That cannot be undone.`
              : `User ${taking.user_id} will not get it. That cannot be undone.`}
          </p>
        </Ask>
      )}
    </div>
  );
}

const COLUMNS: readonly Column<Scheduled>[] = [
  {
    head: "Notification",
    isWide: true,
    by: ({ title, id }) => title ?? id,
    cell: ({ id, user_id, title, snoozed }) => (
      <a class="cell-link" href={href(["notifications", id], { user: String(user_id) })}>
        <b class="cut">
          <Name>{title ?? id}</Name>
        </b>
        <small>
          {title !== undefined && <span class="mono">{id}</span>}
          {snoozed === true && `${title === undefined ? "" : " · "}put off by the user`}
        </small>
      </a>
    ),
  },
  {
    head: "User",
    by: ({ user_id }) => user_id,
    cell: ({ user_id }) => (
      <a class="cut cell-short" title={String(user_id)} href={href(["users", user_id])}>
        {String(user_id)}
      </a>
    ),
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
