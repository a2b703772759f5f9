/** The API keys of the site: who may call, what for, and when each was used last. */
import { useState } from "preact/hooks";
import { Icon } from "../../../page/components/kit/Icon.tsx";
import { Name } from "../../../page/components/kit/Name.tsx";
import { part, query } from "../../api/api.ts";
import type { ApiKey, Page } from "../../api/shapes.ts";
import { Ask } from "../../kit/Ask.tsx";
import { Card } from "../../kit/Card.tsx";
import { Loading } from "../../kit/Loading.tsx";
import { More } from "../../kit/More.tsx";
import { Pill, type Tone } from "../../kit/Pill.tsx";
import { Empty } from "../../kit/States.tsx";
import { type Column, Table } from "../../kit/Table.tsx";
import { Time } from "../../kit/Time.tsx";
import { useDashboard } from "../../state/context.ts";
import { usePages } from "../../state/use_pages.ts";
import { NewKey } from "./NewKey.tsx";

export function KeysView() {
  const { api, session, notify } = useDashboard();
  const [isMaking, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | undefined>();
  const pages = usePages(async (cursor, signal) => {
    const { keys, next } = await api.get<Page<"keys", ApiKey>>(
      `/keys${query({ limit: 200, cursor })}`,
      signal,
    );
    return { entries: keys, next };
  }, []);
  return (
    <div class="grid">
      <Card
        title="API keys"
        note={`site ${session.site}`}
        actions={
          <button type="button" class="button button-small" onClick={() => setMaking(true)}>
            <Icon name="plus" small />
            New key
          </button>
        }
      >
        <Loading loaded={pages.loaded}>
          {() =>
            pages.entries.length === 0
              ? (
                <Empty
                  icon="key"
                  text="No key yet: programs of this machine call without one"
                  action={{ label: "Make a key", run: () => setMaking(true) }}
                />
              )
              : (
                <Table
                  label="API keys"
                  columns={COLUMNS}
                  rows={pages.entries}
                  rowKey={({ id }) => id}
                  menu={(key) => ({
                    label: `Actions for key ${key.name}`,
                    items: key.revoked_at === undefined
                      ? [{
                        label: "Revoke…",
                        icon: "block",
                        isDangerous: true,
                        choose: () => setRevoking(key),
                      }]
                      : [],
                  })}
                />
              )}
        </Loading>
        <More pages={pages} />
      </Card>
      {isMaking && <NewKey onClose={() => setMaking(false)} onMade={pages.loaded.reload} />}
      {revoking !== undefined && (
        <Ask
          title={`Revoke key ${revoking.name}?`}
          action="Revoke"
          isDangerous
          onClose={() => setRevoking(undefined)}
          onConfirm={async () => {
            await api.send("DELETE", `/keys/${part(revoking.id)}`);
            notify(`Key ${revoking.name} is revoked`);
            pages.loaded.reload();
          }}
        >
          <p>
            {`Whoever calls with key ${revoking.id} is refused from now on. That cannot be undone.`}
            {revoking.id === session.who && " You are signed in with it, and will be signed out."}
          </p>
        </Ask>
      )}
    </div>
  );
}

const COLUMNS: readonly Column<ApiKey>[] = [
  {
    head: "Key",
    isWide: true,
    by: ({ name }) => name,
    cell: ({ id, name }) => (
      <>
        <b class="cut">
          <Name>{name}</Name>
        </b>
        <small class="mono">{`nk_${id}`}</small>
      </>
    ),
  },
  {
    head: "State",
    by: (key) => stateOf(key).word,
    cell: (key) => {
      const { tone, word } = stateOf(key);
      return <Pill tone={tone}>{word}</Pill>;
    },
  },
  {
    head: "May",
    isSecond: true,
    by: ({ scopes }) => scopes.join(),
    cell: ({ scopes }) => scopes.join(", "),
  },
  {
    head: "Made",
    isNumber: true,
    isSecond: true,
    by: ({ created_at }) => created_at,
    cell: ({ created_at }) => <Time at={created_at} />,
  },
  {
    head: "Last used",
    isNumber: true,
    by: ({ last_used_at = 0 }) => last_used_at,
    cell: ({ last_used_at }) => <Time at={last_used_at} isAgo />,
  },
];

function stateOf({ revoked_at, expires_at }: ApiKey): { tone: Tone; word: string } {
  if (revoked_at !== undefined) return { tone: "bad", word: "Revoked" };
  const isOver = expires_at !== undefined && expires_at <= Date.now() / 1000;
  return isOver ? { tone: "warn", word: "Expired" } : { tone: "good", word: "Good" };
}
