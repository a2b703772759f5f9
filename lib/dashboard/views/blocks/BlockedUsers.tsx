/** The users who are blocked, and until when. */
import { useState } from "preact/hooks";
import { Field } from "../../../page/components/kit/Field.tsx";
import { Icon } from "../../../page/components/kit/Icon.tsx";
import { part, query } from "../../api/api.ts";
import type { Block, Page } from "../../api/shapes.ts";
import { Ask } from "../../kit/Ask.tsx";
import { Card } from "../../kit/Card.tsx";
import { Loading } from "../../kit/Loading.tsx";
import { More } from "../../kit/More.tsx";
import { Empty } from "../../kit/States.tsx";
import { Table } from "../../kit/Table.tsx";
import { Time } from "../../kit/Time.tsx";
import { useDashboard } from "../../state/context.ts";
import { href } from "../../state/place.ts";
import { usePages } from "../../state/use_pages.ts";

export function BlockedUsers() {
  const { api, notify } = useDashboard();
  const [unblocking, setUnblocking] = useState<Block | undefined>();
  const [isBlocking, setBlocking] = useState(false);
  const [user, setUser] = useState("");
  const pages = usePages(async (cursor, signal) => {
    const path = `/blocks${query({ limit: 200, cursor })}`;
    const { blocks, next } = await api.get<Page<"blocks", Block>>(path, signal);
    return { entries: blocks, next };
  }, []);
  return (
    <Card
      title="Blocked users"
      width={6}
      actions={
        <button type="button" class="button button-small" onClick={() => setBlocking(true)}>
          <Icon name="plus" small />
          Block a user
        </button>
      }
    >
      <Loading loaded={pages.loaded}>
        {() =>
          pages.entries.length === 0 ? <Empty icon="block" text="Nobody is blocked" /> : (
            <Table
              label="Blocked users"
              rows={pages.entries}
              rowKey={({ user_id }) => String(user_id)}
              columns={[
                {
                  head: "User",
                  isWide: true,
                  by: ({ user_id }) => user_id,
                  cell: ({ user_id }) => (
                    <a class="cell-link" href={href(["users", user_id])}>
                      <b class="cut">{String(user_id)}</b>
                    </a>
                  ),
                },
                {
                  head: "Since",
                  isNumber: true,
                  isSecond: true,
                  by: ({ blocked_at }) => blocked_at,
                  cell: ({ blocked_at }) => <Time at={blocked_at} />,
                },
                {
                  head: "Until",
                  isNumber: true,
                  by: ({ until = Infinity }) => until,
                  cell: ({ until }) => until === undefined ? "for good" : <Time at={until} />,
                },
              ]}
              menu={(block) => ({
                label: `Actions for user ${block.user_id}`,
                items: [{ label: "Unblock…", icon: "unlock", choose: () => setUnblocking(block) }],
              })}
            />
          )}
      </Loading>
      <More pages={pages} />
      {unblocking !== undefined && (
        <Ask
          title={`Unblock user ${unblocking.user_id}?`}
          action="Unblock"
          onClose={() => setUnblocking(undefined)}
          onConfirm={async () => {
            await api.send("POST", `/users/${part(unblocking.user_id)}/unblock`, {});
            notify(`User ${unblocking.user_id} may connect again`);
            pages.loaded.reload();
          }}
        >
          <p>The user may connect again at once.</p>
        </Ask>
      )}
      {isBlocking && (
        <Ask
          title={user.trim() === "" ? "Block a user" : `Block user ${user.trim()}?`}
          action="Block"
          isDangerous
          isReady={user.trim() !== ""}
          onClose={() => setBlocking(false)}
          onConfirm={async () => {
            await api.send("POST", `/users/${part(user.trim())}/block`, {});
            notify(`User ${user.trim()} is blocked`);
            setUser("");
            pages.loaded.reload();
          }}
        >
          <Field
            label="User"
            name="user"
            value={user}
            problem={null}
            hint="All connections are closed, and new ones are refused, for good"
            autoFocus
            onValue={setUser}
          />
        </Ask>
      )}
    </Card>
  );
}
