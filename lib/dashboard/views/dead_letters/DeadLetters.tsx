/** The dead letters of one source: each can be looked at, sent again, or thrown away. */
import { useState } from "preact/hooks";
import { part, query, reasonOf } from "../../api/api.ts";
import type { DeadLetter, Page } from "../../api/shapes.ts";
import { Ask } from "../../kit/Ask.tsx";
import { Card } from "../../kit/Card.tsx";
import { Loading } from "../../kit/Loading.tsx";
import { More } from "../../kit/More.tsx";
import { Empty } from "../../kit/States.tsx";
import { type Column, Table } from "../../kit/Table.tsx";
import { Time } from "../../kit/Time.tsx";
import { useDashboard } from "../../state/context.ts";
import { plural } from "../../state/format.ts";
import { usePages } from "../../state/use_pages.ts";
import { LookInside } from "./LookInside.tsx";
import { type Source, SOURCES } from "./sources.ts";

type Asked =
  | { readonly kind: "look" | "remove"; readonly letter: DeadLetter }
  | { readonly kind: "resend"; readonly letters: readonly DeadLetter[] };

export function DeadLetters({ source }: { source: Source }) {
  const { api, notify } = useDashboard();
  const [asked, setAsked] = useState<Asked | undefined>();
  const pages = usePages(async (before, signal) => {
    const path = `/dead-letters${query({ source, limit: 100, before })}`;
    const { dead_letters, next, total } = await api.get<Page<"dead_letters", DeadLetter>>(
      path,
      signal,
    );
    return { entries: dead_letters, next, total };
  }, [source]);
  const close = () => setAsked(undefined);
  /** What is refused again holds up no other: it stays, and can be sent once more. */
  const resend = async (letters: readonly DeadLetter[]) => {
    const refused: DeadLetter[] = [];
    let reason = "";
    for (const letter of letters) {
      await api.send("POST", `${at(letter)}/resend`).catch((error) => {
        refused.push(letter);
        reason = reasonOf(error);
      });
    }
    pages.loaded.reload();
    if (refused.length === 0) return notify(`${plural(letters.length, "dead letter")} sent again`);
    setAsked({ kind: "resend", letters: refused });
    throw new Error(
      letters.length === 1 ? reason : `${refused.length} of ${letters.length} stay: ${reason}`,
    );
  };
  const at = ({ id }: DeadLetter) => `/dead-letters/${source}/${part(id)}`;
  const name = SOURCES.find(([each]) => each === source)?.[1] ?? source;
  const all = pages.entries;
  return (
    <Card
      title="Dead letters"
      note={`${name}, newest first`}
      actions={all.length > 0 && (
        <button
          type="button"
          class="button button-small"
          onClick={() => setAsked({ kind: "resend", letters: all })}
        >
          {`Send ${all.length} again…`}
        </button>
      )}
    >
      <Loading loaded={pages.loaded}>
        {() =>
          all.length === 0
            ? <Empty icon="check" text="No dead letter: all that came was taken" />
            : (
              <Table
                label={`Dead letters of ${name}`}
                columns={COLUMNS}
                rows={all}
                rowKey={({ id }) => id}
                menu={(letter) => ({
                  label: `Actions for ${letter.id}`,
                  items: [
                    {
                      label: "Look inside",
                      icon: "search",
                      choose: () => setAsked({ kind: "look", letter }),
                    },
                    {
                      label: "Send again…",
                      icon: "retry",
                      choose: () => setAsked({ kind: "resend", letters: [letter] }),
                    },
                    {
                      label: "Throw away…",
                      icon: "trash",
                      isDangerous: true,
                      choose: () => setAsked({ kind: "remove", letter }),
                    },
                  ],
                })}
              />
            )}
      </Loading>
      <More pages={pages} />
      {asked?.kind === "look" && <LookInside letter={asked.letter} onClose={close} />}
      {asked?.kind === "remove" && (
        <Ask
          title={`Throw ${asked.letter.id} away?`}
          action="Throw away"
          isDangerous
          onClose={close}
          onConfirm={async () => {
            await api.send("DELETE", at(asked.letter));
            notify("The dead letter is gone");
            pages.loaded.reload();
          }}
        >
          <p>What it says is lost: {asked.letter.reason}</p>
        </Ask>
      )}
      {asked?.kind === "resend" && (
        <Ask
          title={asked.letters.length === 1
            ? `Send ${asked.letters[0]?.id} again?`
            : `Send ${plural(asked.letters.length, "dead letter")} of ${name} again?`}
          action="Send again"
          onClose={close}
          onConfirm={() => resend(asked.letters)}
        >
          <p>Each goes the way that it went at first. What fails again comes back here.</p>
        </Ask>
      )}
    </Card>
  );
}

const COLUMNS: readonly Column<DeadLetter>[] = [
  {
    head: "What",
    isWide: true,
    by: whatOf,
    cell: (letter) => (
      <>
        <b class="cut" title={whatOf(letter)}>{whatOf(letter)}</b>
        <small class="wrap">{letter.reason}</small>
      </>
    ),
  },
  {
    head: "Id",
    isSecond: true,
    by: ({ id }) => id,
    cell: ({ id }) => <span class="cut mono cell-id" title={id}>{id}</span>,
  },
  { head: "When", isNumber: true, by: ({ at }) => at, cell: ({ at }) => <Time at={at} /> },
];

/** What a dead letter is, without what it says: an event, or to whom it was to go. */
function whatOf({ payload }: DeadLetter): string {
  const { event, title, user_id, topic, room, everyone } = Object(payload);
  const to = user_id !== undefined
    ? `to user ${user_id}`
    : topic !== undefined
    ? `to topic ${topic}`
    : room !== undefined
    ? `in room ${room}`
    : everyone !== undefined && "to everyone";
  const name = typeof event === "string" ? event : title;
  return [name, to].filter((part) => typeof part === "string").join(" ") || "It cannot be read";
}
