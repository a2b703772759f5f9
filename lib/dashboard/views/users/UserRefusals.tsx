/** What the server said no to, by its codes: limits that were hit, and rights that were missing. */
import type { UserPage } from "../../api/shapes.ts";
import { Card } from "../../kit/Card.tsx";
import { plural, when } from "../../state/format.ts";

export function UserRefusals({ page: { refusals } }: { page: UserPage }) {
  if (refusals.length === 0) return null;
  return (
    <Card title="Refused" note="limits and rights">
      <ul class="lines">
        {refusals.map(({ code, count, last_at }) => (
          <li key={code} class="line line-plain">
            <span class="line-text">
              <b class="cut mono">{code}</b>
              <small>{`Last at ${when(last_at)}`}</small>
            </span>
            <span class="muted">{plural(count, "time")}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
