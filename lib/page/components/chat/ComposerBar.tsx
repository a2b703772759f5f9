/** What the composer answers or edits, and the way out of that. */
import type { Draft } from "../../state/drafts.ts";
import { Icon } from "../kit/Icon.tsx";
import { Name } from "../kit/Name.tsx";

export function ComposerBar({ draft, onRelease }: { draft: Draft; onRelease: () => void }) {
  const { replyTo, editing } = draft;
  const isEditing = editing !== undefined;
  if (!isEditing && replyTo === undefined) return null;
  return (
    <div class="composer-bar">
      <Icon name={isEditing ? "edit" : "reply"} small />
      <div class="composer-bar-text">
        <strong>
          {isEditing ? "Edit your message" : (
            <>
              Reply to <Name>{replyTo?.name ?? ""}</Name>
            </>
          )}
        </strong>
        <span dir="auto">{isEditing ? editing.text : replyTo?.text}</span>
      </div>
      <button
        type="button"
        class="icon-button"
        aria-label={isEditing ? "Stop editing" : "Stop replying"}
        title={isEditing ? "Stop editing" : "Stop replying"}
        onClick={onRelease}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}
