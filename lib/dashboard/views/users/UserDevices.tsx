/** The devices that pushes go to, with what became of the last one. */
import { Icon } from "../../../page/components/kit/Icon.tsx";
import type { UserPage } from "../../api/shapes.ts";
import { Card } from "../../kit/Card.tsx";
import { Empty } from "../../kit/States.tsx";
import { when } from "../../state/format.ts";
import { PushPill } from "./PushPill.tsx";

export function UserDevices({ page: { devices } }: { page: UserPage }) {
  if (devices === undefined) return null;
  return (
    <Card title="Devices" note="pushes go there">
      {devices.length === 0
        ? <Empty icon="phone" text="No device: the user gets what comes while connected" />
        : (
          <ul class="lines">
            {devices.map(({ id, provider, platform, app, seen_at, last }) => (
              <li key={id} class="line">
                <span class="line-sign">
                  <Icon name={platform === "web" ? "desk" : "phone"} small />
                </span>
                <span class="line-text">
                  <b class="cut">{[platform ?? provider, app].filter(Boolean).join(" · ")}</b>
                  <small>
                    {[provider, `there ${when(seen_at)}`, last?.why].filter(Boolean).join(" · ")}
                  </small>
                </span>
                {last === undefined
                  ? <span class="muted">No push yet</span>
                  : <PushPill state={last.state ?? last.result ?? ""} />}
              </li>
            ))}
          </ul>
        )}
    </Card>
  );
}
