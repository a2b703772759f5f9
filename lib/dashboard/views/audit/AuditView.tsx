/** Who managed what and when, the newest first; new records come by themselves, and all of it can be downloaded. */
import { useState } from "preact/hooks";
import { Icon } from "../../../page/components/kit/Icon.tsx";
import { query, reasonOf } from "../../api/api.ts";
import type { AuditRecord, Page } from "../../api/shapes.ts";
import { Card } from "../../kit/Card.tsx";
import { FilterField } from "../../kit/FilterField.tsx";
import { Loading } from "../../kit/Loading.tsx";
import { More } from "../../kit/More.tsx";
import { Empty } from "../../kit/States.tsx";
import { useDashboard } from "../../state/context.ts";
import type { Route } from "../../state/place.ts";
import { replaceQuery } from "../../state/route.ts";
import { usePages } from "../../state/use_pages.ts";
import { useWatch } from "../../state/use_watch.ts";
import { AuditTable } from "./AuditTable.tsx";
import { download } from "./download.ts";

/** Most records that came by themselves. */
const MOST_NEW = 1000;

export function AuditView({ route }: { route: Route }) {
  const { api, live, notify } = useDashboard();
  const q = (route.query.get("q") ?? "").toLowerCase();
  const [told, setTold] = useState<readonly AuditRecord[]>([]);
  const pages = usePages(async (before, signal) => {
    const { records, next } = await readPage(before, signal);
    return { entries: records, next };
  }, []);
  useWatch("/watch?streams=audit", live.isPaused, (event, data) => {
    if (event === "audit") setTold((told) => [data as AuditRecord, ...told].slice(0, MOST_NEW));
  });

  function readPage(before: string | undefined, signal?: AbortSignal) {
    return api.get<Page<"records", AuditRecord>>(`/audit${query({ limit: 200, before })}`, signal);
  }

  const known = new Set(pages.entries.map(({ id }) => id));
  const all = [...told.filter(({ id }) => !known.has(id)), ...pages.entries];
  const rows = all.filter((record) => Object.values(record).join(" ").toLowerCase().includes(q));
  return (
    <div class="grid">
      <Card
        title="Audit log"
        note="newest first"
        actions={
          <div class="card-tools">
            <FilterField
              label="Filter what is shown"
              value={route.query.get("q") ?? ""}
              onValue={(q) => replaceQuery(route, { q })}
            />
            <button
              type="button"
              class="button button-small"
              onClick={() =>
                download(readPage).then(
                  (count) => notify(`${count} records were downloaded`),
                  (error) => notify(reasonOf(error)),
                )}
            >
              <Icon name="download" small />
              Download
            </button>
          </div>
        }
      >
        <Loading loaded={pages.loaded}>
          {() =>
            rows.length === 0
              ? (
                <Empty
                  icon="shield"
                  text={q === "" ? "Nothing was managed yet" : "No record is like this"}
                />
              )
              : <AuditTable records={rows} />}
        </Loading>
        <More pages={pages} />
      </Card>
    </div>
  );
}
