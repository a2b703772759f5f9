/** What stands beside the list as long as nothing of it is open. */
import { Icon } from "../kit/Icon.tsx";

export function NothingOpen() {
  return (
    <div class="nothing nothing-open">
      <span class="nothing-icon">
        <Icon name="chat" />
      </span>
      <strong>Choose a conversation</strong>
      <p>
        Or search with <kbd>Ctrl</kbd> <kbd>K</kbd>. All keys are behind <kbd>?</kbd>
      </p>
    </div>
  );
}
