/** One room: who is in it, and a way to put somebody out. */
import { useState } from "preact/hooks";
import { Icon } from "../../../page/components/kit/Icon.tsx";
import { Name } from "../../../page/components/kit/Name.tsx";
import { part, query } from "../../api/api.ts";
import type { Page } from "../../api/shapes.ts";
import { Ask } from "../../kit/Ask.tsx";
import { Card } from "../../kit/Card.tsx";
import { Loading } from "../../kit/Loading.tsx";
import { More } from "../../kit/More.tsx";
import { Empty } from "../../kit/States.tsx";
import { Table } from "../../kit/Table.tsx";
import { useDashboard } from "../../state/context.ts";
import { href } from "../../state/place.ts";
import { go } from "../../state/route.ts";
import { useOnChange } from "../../state/use_on_change.ts";
import { usePages } from "../../state/use_pages.ts";

interface Present {
  readonly user_id: string | number;
  readonly name?: string;
}

export function RoomPage({ room }: { room: string }) {
  const { api, notify } = useDashboard();
  const [leaving, setLeaving] = useState<Present | undefined>();
  const pages = usePages(async (cursor, signal) => {
    const path = `/rooms/connections${query({ room, limit: 200, cursor })}`;
    const answer = await api.get<Page<"connections", Present> & { count?: number }>(path, signal);
    return { entries: answer.connections, next: answer.next, total: answer.total ?? answer.count };
  }, [room]);
  useOnChange(pages.loaded.reload);
  return (
    <div class="grid">
      <Card
        title={room}
        note="room"
        actions={
          <>
            <a class="button button-small" href={href(["trace"], { room })}>
              <Icon name="search" small />
              Trace
            </a>
            <a class="button button-small" href={href(["channels"], { q: room })}>
              <Icon name="gear" small />
              Channel
            </a>
          </>
        }
      >
        <Loading loaded={pages.loaded}>
          {() =>
            pages.entries.length === 0
              ? <Empty icon="people" text="Nobody is in this room right now" />
              : (
                <Table
                  label={`Users in ${room}`}
                  rows={pages.entries}
                  rowKey={({ user_id }) => String(user_id)}
                  columns={[
                    {
                      head: "User",
                      isWide: true,
                      by: ({ user_id }) => user_id,
                      cell: ({ user_id, name }) => (
                        <a class="cell-link" href={href(["users", user_id])}>
                          <b class="cut">
                            <Name>{name ?? String(user_id)}</Name>
                          </b>
                          <small>{String(user_id)}</small>
                        </a>
                      ),
                    },
                  ]}
                  menu={(user) => ({
                    label: `Actions for user ${user.user_id}`,
                    items: [
                      { label: "Open", icon: "person", choose: () => go(["users", user.user_id]) },
                      {
                        label: "Put out of the room…",
                        icon: "signOut",
                        isDangerous: true,
                        choose: () => setLeaving(user),
                      },
                    ],
                  })}
                />
              )}
        </Loading>
        <More pages={pages} />
      </Card>
      {leaving !== undefined && (
        <Ask
          title={`Put user ${leaving.user_id} out of ${room}?`}
          action="Put out"
          isDangerous
          onClose={() => setLeaving(undefined)}
          onConfirm={async () => {
            await api.send(
              "DELETE",
              `/rooms/connections/${part(leaving.user_id)}${query({ room })}`,
            );
            notify(`User ${leaving.user_id} was put out of ${room}`);
            pages.loaded.reload();
          }}
        >
          <p>All connections of this user leave the room. Who may enter it may come back.</p>
        </Ask>
      )}
    </div>
  );
}
