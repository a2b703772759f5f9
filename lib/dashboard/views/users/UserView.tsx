/** One user: is anybody there, what waits, where it goes, and why something did not come. */
import { Name } from "../../../page/components/kit/Name.tsx";
import { Avatar } from "../../../page/components/kit/Avatar.tsx";
import { part } from "../../api/api.ts";
import type { UserPage } from "../../api/shapes.ts";
import { Card } from "../../kit/Card.tsx";
import { Loading } from "../../kit/Loading.tsx";
import { Pill } from "../../kit/Pill.tsx";
import { useDashboard } from "../../state/context.ts";
import { count, duration, when } from "../../state/format.ts";
import { useLoad } from "../../state/use_load.ts";
import { useOnChange } from "../../state/use_on_change.ts";
import { UserActions } from "./UserActions.tsx";
import { UserConnections } from "./UserConnections.tsx";
import { UserDevices } from "./UserDevices.tsx";
import { UserPushes } from "./UserPushes.tsx";
import { UserRefusals } from "./UserRefusals.tsx";

const STATES = ["unread", "snoozed", "archived", "scheduled"] as const;

export function UserView({ user }: { user: string }) {
  const { api } = useDashboard();
  const loaded = useLoad((signal) => api.get<UserPage>(`/users/${part(user)}`, signal), [user]);
  useOnChange(loaded.reload);
  return (
    <Loading loaded={loaded}>
      {(page) => (
        <div class="grid">
          <Card
            title="User"
            width={6}
            actions={page.blocked === undefined
              ? undefined
              : <Pill tone="bad">{untilOf(page.blocked)}</Pill>}
          >
            <div class="user-head">
              <Avatar userId={user} name={user} status={page.online ? "online" : "offline"} />
              <div class="user-who">
                <b class="cut">
                  <Name>{user}</Name>
                </b>
                <small>{thereSince(page)}</small>
              </div>
              <UserActions user={user} page={page} onDone={loaded.reload} />
            </div>
            {page.inbox !== undefined && (
              <div class="user-counts">
                <div>
                  <b>{count(page.connections.length)}</b>
                  <span>Connections</span>
                </div>
                {STATES.map((state) => (
                  <div key={state}>
                    <b>{count(page.inbox?.[state] ?? 0)}</b>
                    <span>{`${state.slice(0, 1).toUpperCase()}${state.slice(1)}`}</span>
                  </div>
                ))}
              </div>
            )}
            <UserConnections user={user} page={page} onDone={loaded.reload} />
          </Card>
          <div class="card-6 grid-column">
            <UserDevices page={page} />
            <UserPushes page={page} />
            <UserRefusals page={page} />
          </div>
        </div>
      )}
    </Loading>
  );
}

function thereSince({ online, connections, last_seen_at }: UserPage): string {
  const first = Math.min(...connections.map(({ since }) => since));
  if (online) return `Online for ${duration(Date.now() / 1000 - first)}`;
  return last_seen_at === undefined ? "Not connected" : `Not connected since ${when(last_seen_at)}`;
}

function untilOf({ until }: { until?: number }): string {
  return until === undefined ? "Blocked for good" : `Blocked until ${when(until)}`;
}
