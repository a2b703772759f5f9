/** What is usual for kinds of notifications: by which ways they come, and whether users may say otherwise. */
import { useState } from "preact/hooks";
import { Icon } from "../../../page/components/kit/Icon.tsx";
import { part, query } from "../../api/api.ts";
import type { Kind, Page } from "../../api/shapes.ts";
import { Ask } from "../../kit/Ask.tsx";
import { Card } from "../../kit/Card.tsx";
import { Loading } from "../../kit/Loading.tsx";
import { More } from "../../kit/More.tsx";
import { Empty } from "../../kit/States.tsx";
import { type Column, Table } from "../../kit/Table.tsx";
import { useDashboard } from "../../state/context.ts";
import { usePages } from "../../state/use_pages.ts";
import { KindForm } from "./KindForm.tsx";
import { WAYS } from "./ways.ts";

export function KindsView() {
  const { api, session, notify } = useDashboard();
  const [edited, setEdited] = useState<Kind | "new" | undefined>();
  const [removing, setRemoving] = useState<Kind | undefined>();
  const pages = usePages(async (cursor, signal) => {
    const path = `/kinds${query({ limit: 200, cursor })}`;
    const { kinds, next } = await api.get<Page<"kinds", Kind>>(path, signal);
    return { entries: kinds, next };
  }, []);
  return (
    <div class="grid">
      <Card
        title="Kinds of notifications"
        note={`site ${session.site}`}
        actions={
          <button type="button" class="button button-small" onClick={() => setEdited("new")}>
            <Icon name="plus" small />
            New kind
          </button>
        }
      >
        <Loading loaded={pages.loaded}>
          {() =>
            pages.entries.length === 0
              ? (
                <Empty
                  icon="pin"
                  text="Nothing is set for any kind: all come in the inbox and by push"
                  action={{ label: "Set a kind", run: () => setEdited("new") }}
                />
              )
              : (
                <Table
                  label="Kinds"
                  columns={COLUMNS}
                  rows={pages.entries}
                  rowKey={({ kind }) => kind}
                  menu={(kind) => ({
                    label: `Actions for kind ${kind.kind}`,
                    items: [
                      { label: "Change", icon: "edit", choose: () => setEdited(kind) },
                      {
                        label: "Delete…",
                        icon: "trash",
                        isDangerous: true,
                        choose: () => setRemoving(kind),
                      },
                    ],
                  })}
                />
              )}
        </Loading>
        <More pages={pages} />
      </Card>
      {edited !== undefined && (
        <KindForm
          kind={edited === "new" ? undefined : edited}
          onClose={() => setEdited(undefined)}
          onDone={pages.loaded.reload}
        />
      )}
      {removing !== undefined && (
        <Ask
          title={`Delete kind ${removing.kind}?`}
          action="Delete"
          isDangerous
          onClose={() => setRemoving(undefined)}
          onConfirm={async () => {
            await api.send("DELETE", `/kinds/${part(removing.kind)}`);
            notify(`Kind ${removing.kind} is deleted`);
            pages.loaded.reload();
          }}
        >
          <p>Notifications of this kind come by the usual ways again. What users chose stays.</p>
        </Ask>
      )}
    </div>
  );
}

const COLUMNS: readonly Column<Kind>[] = [
  {
    head: "Kind",
    isWide: true,
    by: ({ kind }) => kind,
    cell: (kind) => (
      <>
        <b class="cut">{kind.kind}</b>
        <small class="wrap">{String(kind["description"] ?? kind["name"] ?? "")}</small>
      </>
    ),
  },
  {
    head: "Comes",
    cell: (kind) =>
      WAYS.filter(([way]) => kind[way] === true).map(([, name]) => name).join(", ") || "nowhere",
  },
  {
    head: "Users may choose",
    isSecond: true,
    by: (kind) => String(kind["locked"] ?? ""),
    cell: (kind) => (
      <span class="cell-value">
        {kind["locked"] === undefined ? "yes" : `no: ${kind["locked"]}`}
      </span>
    ),
  },
];
