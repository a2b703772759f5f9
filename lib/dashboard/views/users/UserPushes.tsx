/** What became of the last pushes. */
import type { UserPage } from "../../api/shapes.ts";
import { Card } from "../../kit/Card.tsx";
import { when } from "../../state/format.ts";
import { href } from "../../state/place.ts";
import { PushPill } from "./PushPill.tsx";

export function UserPushes({ page: { pushes, user_id } }: { page: UserPage }) {
  if (pushes === undefined || pushes.length === 0) return null;
  return (
    <Card title="Pushes" note="newest first">
      <ul class="lines">
        {pushes.map(({ id, device, provider, state, at, why }) => (
          <li key={`${id} ${device}`} class="line line-plain">
            <span class="line-text">
              <a class="cut" href={href(["notifications", id], { user: String(user_id) })}>
                <b>{id}</b>
              </a>
              <small>{[when(at), provider, why].filter(Boolean).join(" · ")}</small>
            </span>
            <PushPill state={state} />
          </li>
        ))}
      </ul>
    </Card>
  );
}
