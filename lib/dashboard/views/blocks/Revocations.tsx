/** Tokens and sessions that count no more. */
import { useState } from "preact/hooks";
import { Field } from "../../../page/components/kit/Field.tsx";
import { Icon } from "../../../page/components/kit/Icon.tsx";
import { query } from "../../api/api.ts";
import type { Page, Revocation } from "../../api/shapes.ts";
import { Ask } from "../../kit/Ask.tsx";
import { Card } from "../../kit/Card.tsx";
import { Loading } from "../../kit/Loading.tsx";
import { More } from "../../kit/More.tsx";
import { Empty } from "../../kit/States.tsx";
import { type Column, Table } from "../../kit/Table.tsx";
import { Time } from "../../kit/Time.tsx";
import { useDashboard } from "../../state/context.ts";
import { usePages } from "../../state/use_pages.ts";

const KINDS = [
  ["user_id", "All tokens of a user"],
  ["token_id", "One token (jti)"],
  ["session_id", "One session (sid)"],
  ["everyone", "All tokens of the site"],
] as const;

type Kind = typeof KINDS[number][0];

export function Revocations() {
  const { api, session, notify } = useDashboard();
  const [isRevoking, setRevoking] = useState(false);
  const [kind, setKind] = useState<Kind>("user_id");
  const [id, setId] = useState("");
  const pages = usePages(async (cursor, signal) => {
    const path = `/revocations${query({ limit: 200, cursor })}`;
    const { revocations, next } = await api.get<Page<"revocations", Revocation>>(path, signal);
    return { entries: revocations, next };
  }, []);
  const target = kind === "everyone" ? `everyone of site ${session.site}` : id.trim();
  return (
    <Card
      title="Revoked"
      note="tokens and sessions"
      width={6}
      actions={
        <button type="button" class="button button-small" onClick={() => setRevoking(true)}>
          <Icon name="plus" small />
          Revoke
        </button>
      }
    >
      <Loading loaded={pages.loaded}>
        {() =>
          pages.entries.length === 0
            ? <Empty icon="shield" text="No token and no session is revoked" />
            : <Table label="Revoked" columns={COLUMNS} rows={pages.entries} rowKey={whatOf} />}
      </Loading>
      <More pages={pages} />
      {isRevoking && (
        <Ask
          title={target === "" ? "Revoke tokens" : `Revoke the tokens of ${target}?`}
          action="Revoke"
          isDangerous
          isReady={target !== ""}
          onClose={() => setRevoking(false)}
          onConfirm={async () => {
            await api.send("POST", "/revocations", {
              [kind]: kind === "everyone" ? true : id.trim(),
            });
            notify(`Revoked: ${target}`);
            setId("");
            pages.loaded.reload();
          }}
        >
          <label class="form-line">
            What
            <select
              value={kind}
              onChange={({ currentTarget }) => setKind(currentTarget.value as Kind)}
            >
              {KINDS.map(([value, label]) => <option key={value} value={value}>{label}</option>)}
            </select>
          </label>
          {kind === "everyone"
            ? (
              <p>
                Every user of the site is disconnected, and needs a token that is made from now on.
              </p>
            )
            : (
              <Field
                label="Id"
                name="id"
                value={id}
                problem={null}
                hint="Connections with such a token are closed at once"
                onValue={setId}
              />
            )}
        </Ask>
      )}
    </Card>
  );
}

const COLUMNS: readonly Column<Revocation>[] = [
  {
    head: "What",
    isWide: true,
    by: whatOf,
    cell: (revocation) => <b class="cut">{whatOf(revocation)}</b>,
  },
  {
    head: "Since",
    isNumber: true,
    by: ({ revoked_at }) => revoked_at,
    cell: ({ revoked_at }) => <Time at={revoked_at} />,
  },
  {
    head: "Until",
    isNumber: true,
    isSecond: true,
    by: ({ expires_at = Infinity }) => expires_at,
    cell: ({ expires_at }) => expires_at === undefined ? "for good" : <Time at={expires_at} />,
  },
];

function whatOf({ token_id, session_id, user_id }: Revocation): string {
  if (token_id !== undefined) return `Token ${token_id}`;
  if (session_id !== undefined) return `Session ${session_id}`;
  return user_id === undefined ? "All tokens of the site" : `All tokens of user ${user_id}`;
}
