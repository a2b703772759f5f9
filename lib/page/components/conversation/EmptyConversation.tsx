/** A conversation in which nothing was said yet. */
import type { ConversationInfo } from "../../../sdk/mod.ts";
import { Icon } from "../kit/Icon.tsx";
import { Name } from "../kit/Name.tsx";

export function EmptyConversation({ info }: { info: ConversationInfo | undefined }) {
  const isGroup = info?.kind === "group";
  return (
    <div class="nothing">
      <span class="nothing-icon">
        <Icon name={isGroup ? "people" : "chat"} />
      </span>
      <strong>
        {isGroup ? "This group is new" : (
          <>
            Say hello to <Name>{info?.name ?? ""}</Name>
          </>
        )}
      </strong>
      <p>
        {isGroup
          ? "Write the first message. Everybody in the group sees it when they come."
          : "Write the first message. It waits until they are there."}
      </p>
    </div>
  );
}
