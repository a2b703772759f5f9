/** One notification: every step with its time, or why it was not made. */
import { Icon } from "../../../page/components/kit/Icon.tsx";
import { part, query } from "../../api/api.ts";
import type { Step } from "../../api/shapes.ts";
import { Card } from "../../kit/Card.tsx";
import { Loading } from "../../kit/Loading.tsx";
import { Empty } from "../../kit/States.tsx";
import { useDashboard } from "../../state/context.ts";
import { when } from "../../state/format.ts";
import { href } from "../../state/place.ts";
import { useLoad } from "../../state/use_load.ts";
import { useOnChange } from "../../state/use_on_change.ts";
import { Timeline } from "./Timeline.tsx";

interface Answer {
  readonly steps: readonly Step[];
  readonly known_since?: number;
}

export function NotificationPage({ id, user }: { id: string; user: string | undefined }) {
  const { api, notify } = useDashboard();
  const loaded = useLoad(
    (signal) =>
      api.get<Answer>(
        `/notifications/${part(id)}/timeline${query({ user_id: user })}`,
        signal,
      ),
    [id, user],
  );
  useOnChange(loaded.reload);
  return (
    <div class="grid">
      <Card
        title="Notification"
        note="every step, with the reason"
        width={8}
        actions={
          <>
            <button type="button" class="button button-small button-quiet" onClick={loaded.reload}>
              <Icon name="retry" small />
              Refresh
            </button>
            <button
              type="button"
              class="button button-small button-quiet"
              onClick={async () => {
                await navigator.clipboard?.writeText(id);
                notify("The id was copied");
              }}
            >
              <Icon name="copy" small />
              Copy id
            </button>
          </>
        }
      >
        <p class="card-note">
          <b class="mono">{id}</b>
          {user !== undefined && (
            <>
              {" to user "}
              <a href={href(["users", user])}>{user}</a>
            </>
          )}
        </p>
        <Loading loaded={loaded}>
          {({ steps, known_since }) =>
            steps.length === 0
              ? <Empty icon="bell" text="Nothing is known of this notification any more" />
              : (
                <>
                  <Timeline steps={steps} />
                  {known_since !== undefined && (
                    <p class="card-note">
                      {`Nodes and connections are known since ${when(known_since)}.`}
                    </p>
                  )}
                </>
              )}
        </Loading>
      </Card>
    </div>
  );
}
