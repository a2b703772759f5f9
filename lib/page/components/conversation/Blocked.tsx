/** In the composer's place, where the user has blocked the other one: nothing can be written, and this is why. */
import { usePage } from "../../context.ts";
import { Icon } from "../kit/Icon.tsx";
import { Name } from "../kit/Name.tsx";

export function Blocked({ name, userId }: { name: string; userId: string }) {
  const { session } = usePage();
  const { chats } = session;
  return (
    <p class="composer-closed" data-testid="blocked">
      <Icon name="block" small />
      <span>
        You have blocked <Name>{name}</Name>. Neither of you can write here.
      </span>
      <button
        type="button"
        class="button button-small"
        onClick={() => chats?.tell(chats.block(userId, false))}
      >
        Unblock
      </button>
    </p>
  );
}
