/** A room without messages, and what can be done first. */
import { serverAddress } from "../../address.ts";
import { curlLine, redisLine } from "../../recipes.ts";
import { CopyLine } from "../kit/CopyLine.tsx";
import { Icon } from "../kit/Icon.tsx";

interface EmptyRoomProps {
  userId: string;
  /** It is empty where the server uses no Redis. */
  messageChannel: string;
}

export function EmptyRoom({ userId, messageChannel }: EmptyRoomProps) {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name="send" />
      </span>
      <h3>It is quiet in here</h3>
      <p class="muted">Say hello below, or send yourself your first notification.</p>
      <div class="recipes">
        <h4>With one HTTP request</h4>
        <CopyLine label="curl command" line={curlLine(serverAddress(), userId)} />
        {messageChannel !== "" && (
          <>
            <h4>Or through Redis</h4>
            <CopyLine label="Redis command" line={redisLine(messageChannel, userId)} />
          </>
        )}
      </div>
    </div>
  );
}
