/** A room without messages: what one can do first. */
import { curlLine, redisLine } from "../recipes.ts";
import { CopyLine } from "./CopyLine.tsx";
import { Icon } from "./Icon.tsx";

export function EmptyRoom({ userId }: { userId: string }) {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name="send" />
      </span>
      <h3>It is quiet in here</h3>
      <p class="muted">Say hello below, or send yourself your first notification.</p>
      <div class="recipes">
        <h4>With one HTTP request</h4>
        <CopyLine label="curl command" line={curlLine(location.origin, userId)} />
        <h4>Or through Redis, when the server uses one</h4>
        <CopyLine label="Redis command" line={redisLine(userId)} />
      </div>
    </div>
  );
}
