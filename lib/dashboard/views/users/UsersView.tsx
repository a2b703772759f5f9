/** The users who are connected right now, or one user. */
import { Name } from "../../../page/components/kit/Name.tsx";
import { query } from "../../api/api.ts";
import type { LiveUser, Page } from "../../api/shapes.ts";
import { Card } from "../../kit/Card.tsx";
import { Choice } from "../../kit/Choice.tsx";
import { FilterField } from "../../kit/FilterField.tsx";
import { Loading } from "../../kit/Loading.tsx";
import { More } from "../../kit/More.tsx";
import { Empty } from "../../kit/States.tsx";
import { type Column, Table } from "../../kit/Table.tsx";
import { Time } from "../../kit/Time.tsx";
import { useDashboard } from "../../state/context.ts";
import { count } from "../../state/format.ts";
import { href, type Route } from "../../state/place.ts";
import { go, replaceQuery } from "../../state/route.ts";
import { useOnChange } from "../../state/use_on_change.ts";
import { usePages } from "../../state/use_pages.ts";
import { UserView } from "./UserView.tsx";

const ORDERS = [["name", "By id"], ["connections", "Most connections"]] as const;

export function UsersView({ route }: { route: Route }) {
  const [, user] = route.path;
  return user === undefined ? <UserList route={route} /> : <UserView user={user} />;
}

function UserList({ route }: { route: Route }) {
  const { api } = useDashboard();
  const q = route.query.get("q") ?? "";
  const order = ORDERS.find(([each]) => each === route.query.get("order"))?.[0] ?? "name";
  const pages = usePages(async (after, signal) => {
    const path = `/live/users${query({ q, order, limit: 200, after })}`;
    const { users, ...rest } = await api.get<Page<"users", LiveUser>>(path, signal);
    return { entries: users, ...rest };
  }, [q, order]);
  useOnChange(pages.loaded.reload);
  const { total } = pages;
  return (
    <div class="grid">
      <Card
        title="Users"
        note={total === undefined ? "connected" : `${count(total)} connected`}
        actions={
          <div class="card-tools">
            <Choice
              label="Order"
              value={order}
              options={ORDERS}
              onValue={(order) => replaceQuery(route, { order })}
            />
            <FilterField
              label="Filter users"
              value={q}
              onValue={(q) => replaceQuery(route, { q })}
            />
          </div>
        }
      >
        <Loading loaded={pages.loaded}>
          {() =>
            pages.entries.length > 0
              ? (
                <Table
                  label="Users"
                  columns={COLUMNS}
                  rows={pages.entries}
                  rowKey={({ user_id }) => String(user_id)}
                />
              )
              : q === ""
              ? <Empty icon="people" text="Nobody is connected right now" />
              : (
                <Empty
                  icon="people"
                  text={`No user like ${q} is connected right now`}
                  action={{ label: `Open user ${q}`, run: () => go(["users", q]) }}
                />
              )}
        </Loading>
        <More pages={pages} />
      </Card>
    </div>
  );
}

const COLUMNS: readonly Column<LiveUser>[] = [
  {
    head: "User",
    isWide: true,
    by: ({ user_id }) => user_id,
    cell: ({ user_id }) => (
      <a class="cell-link" href={href(["users", user_id])}>
        <b class="cut">
          <Name>{String(user_id)}</Name>
        </b>
      </a>
    ),
  },
  {
    head: "Connections",
    isNumber: true,
    by: ({ connections }) => connections,
    cell: ({ connections }) => count(connections),
  },
  {
    head: "Since",
    isNumber: true,
    by: ({ since }) => since,
    cell: ({ since }) => <Time at={since} />,
  },
];
