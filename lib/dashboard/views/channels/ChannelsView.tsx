/** The rooms that were made, and patterns of rooms: what holds in them can be made, changed and taken away. */
import { useState } from "preact/hooks";
import { Icon } from "../../../page/components/kit/Icon.tsx";
import { Name } from "../../../page/components/kit/Name.tsx";
import { query } from "../../api/api.ts";
import type { MadeRoom, Page } from "../../api/shapes.ts";
import { Ask } from "../../kit/Ask.tsx";
import { Card } from "../../kit/Card.tsx";
import { FilterField } from "../../kit/FilterField.tsx";
import { Loading } from "../../kit/Loading.tsx";
import { More } from "../../kit/More.tsx";
import { Empty } from "../../kit/States.tsx";
import { type Column, Table } from "../../kit/Table.tsx";
import { Time } from "../../kit/Time.tsx";
import { useDashboard } from "../../state/context.ts";
import { count } from "../../state/format.ts";
import { href, type Route } from "../../state/place.ts";
import { replaceQuery } from "../../state/route.ts";
import { usePages } from "../../state/use_pages.ts";
import { ChannelForm } from "./ChannelForm.tsx";
import { ruleInWords } from "./rule_words.ts";

export function ChannelsView({ route }: { route: Route }) {
  const { api, session, notify } = useDashboard();
  const q = route.query.get("q") ?? "";
  const [edited, setEdited] = useState<MadeRoom | "new" | undefined>();
  const [removing, setRemoving] = useState<MadeRoom | undefined>();
  const pages = usePages(async (cursor, signal) => {
    const asked = { made: "true", pattern: patternOf(q), limit: 200, cursor };
    const { rooms, next } = await api.get<Page<"rooms", MadeRoom>>(`/rooms${query(asked)}`, signal);
    return { entries: rooms, next };
  }, [q]);
  return (
    <div class="grid">
      <Card
        title="Channels"
        note={`made rooms of site ${session.site}`}
        actions={
          <div class="card-tools">
            <FilterField
              label="Filter channels"
              value={q}
              onValue={(q) => replaceQuery(route, { q })}
            />
            <button type="button" class="button button-small" onClick={() => setEdited("new")}>
              <Icon name="plus" small />
              New channel
            </button>
          </div>
        }
      >
        <Loading loaded={pages.loaded}>
          {() =>
            pages.entries.length === 0
              ? (
                <Empty
                  icon="hash"
                  text={q === ""
                    ? "No room was made: rooms come to be as somebody enters them, by the rules of APP_ROOMS"
                    : `No channel is like ${q}`}
                  action={{ label: "Make a channel", run: () => setEdited("new") }}
                />
              )
              : (
                <Table
                  label="Channels"
                  columns={COLUMNS}
                  rows={pages.entries}
                  rowKey={({ room }) => room}
                  menu={(room) => ({
                    label: `Actions for channel ${room.room}`,
                    items: [
                      { label: "Change", icon: "edit", choose: () => setEdited(room) },
                      {
                        label: "Delete…",
                        icon: "trash",
                        isDangerous: true,
                        choose: () => setRemoving(room),
                      },
                    ],
                  })}
                />
              )}
        </Loading>
        <More pages={pages} />
      </Card>
      {edited !== undefined && (
        <ChannelForm
          room={edited === "new" ? undefined : edited}
          name={edited === "new" ? q : edited.room}
          onClose={() => setEdited(undefined)}
          onDone={pages.loaded.reload}
        />
      )}
      {removing !== undefined && (
        <Ask
          title={`Delete channel ${removing.room}?`}
          action="Delete"
          isDangerous
          onClose={() => setRemoving(undefined)}
          onConfirm={async () => {
            await api.send("DELETE", `/rooms${query({ room: removing.room })}`);
            notify(`Channel ${removing.room} is deleted`);
            pages.loaded.reload();
          }}
        >
          <p>
            {removing.room.includes("*")
              ? "Other rules hold for these rooms from then on. What was said in them stays."
              : "Its messages are deleted, and other rules hold for it from then on. That cannot be undone."}
          </p>
        </Ask>
      )}
    </div>
  );
}

/** What the list is filtered by: a part of the name. */
function patternOf(q: string): string {
  return q === "" || q.includes("*") ? q : `*${q}*`;
}

const COLUMNS: readonly Column<MadeRoom>[] = [
  {
    head: "Channel",
    isWide: true,
    by: ({ room }) => room,
    cell: (made) => (
      <>
        <b class="cut">
          <Name>{made.room}</Name>
        </b>
        <small class="wrap">{ruleInWords(made)}</small>
      </>
    ),
  },
  {
    head: "Users",
    isNumber: true,
    by: ({ users = 0 }) => users,
    cell: ({ room, users }) =>
      users === undefined ? "—" : <a href={href(["rooms", room])}>{count(users)}</a>,
  },
  {
    head: "Changed",
    isNumber: true,
    isSecond: true,
    by: ({ updated_at = 0 }) => updated_at,
    cell: ({ updated_at }) => <Time at={updated_at} isAgo />,
  },
];
