/** Says, quietly, that this server believes everyone. */
import { Icon } from "../kit/Icon.tsx";

export function OpenModeNote() {
  return (
    <p class="note" data-testid="open-mode">
      <Icon name="unlock" />
      <span>This server runs in open mode: anyone can sign in as anyone.</span>
    </p>
  );
}
