/** How many conversations there are of each kind. What is said in them is nobody's business here. */
import { Card } from "../../kit/Card.tsx";
import { Loading } from "../../kit/Loading.tsx";
import { Empty } from "../../kit/States.tsx";
import { useDashboard } from "../../state/context.ts";
import { count } from "../../state/format.ts";
import { useLoad } from "../../state/use_load.ts";

interface KindCount {
  readonly kind: string;
  readonly count: number;
}

export function ConversationsView() {
  const { api } = useDashboard();
  const loaded = useLoad(
    (signal) => api.get<{ conversations: readonly KindCount[] }>("/live/conversations", signal),
    [],
  );
  return (
    <div class="grid">
      <Card
        title="Conversations"
        note="counts by kind, no texts"
        actions={
          <button type="button" class="button button-small" onClick={loaded.reload}>
            Count again
          </button>
        }
      >
        <Loading loaded={loaded} rows={2}>
          {({ conversations }) =>
            conversations.length === 0
              ? <Empty icon="chat" text="There is no conversation yet" />
              : (
                <div class="user-counts">
                  {conversations.map(({ kind, count: number }) => (
                    <div key={kind}>
                      <b>{count(number)}</b>
                      <span>{`${kind.slice(0, 1).toUpperCase()}${kind.slice(1)}`}</span>
                    </div>
                  ))}
                </div>
              )}
        </Loading>
      </Card>
    </div>
  );
}
