/** Who may not connect: blocked users, and revoked tokens and sessions. */
import type { Route } from "../../state/place.ts";
import { BlockedUsers } from "./BlockedUsers.tsx";
import { Revocations } from "./Revocations.tsx";

export function BlocksView(_: { route: Route }) {
  return (
    <div class="grid">
      <BlockedUsers />
      <Revocations />
    </div>
  );
}
