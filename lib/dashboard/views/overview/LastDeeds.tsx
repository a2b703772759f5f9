/** What was managed last. */
import type { AuditRecord, Page } from "../../api/shapes.ts";
import { Card } from "../../kit/Card.tsx";
import { Loading } from "../../kit/Loading.tsx";
import { Empty } from "../../kit/States.tsx";
import { useDashboard } from "../../state/context.ts";
import { href } from "../../state/place.ts";
import { useLoad } from "../../state/use_load.ts";
import { AuditTable } from "../audit/AuditTable.tsx";

const MOST = 7;

export function LastDeeds() {
  const { api } = useDashboard();
  const loaded = useLoad(
    (signal) => api.get<Page<"records", AuditRecord>>(`/audit?limit=${MOST}`, signal),
    [],
  );
  return (
    <Card
      title="Audit log"
      note="newest first"
      width={6}
      actions={<a class="button button-small button-quiet" href={href(["audit"])}>All</a>}
    >
      <Loading loaded={loaded} rows={MOST}>
        {({ records }) =>
          records.length === 0
            ? <Empty icon="shield" text="Nothing was managed yet" />
            : <AuditTable records={records} isShort />}
      </Loading>
    </Card>
  );
}
