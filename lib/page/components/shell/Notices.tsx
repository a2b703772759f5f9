/** What was just done, in a line with a way to undo it. It stays while it is pointed at, or has the focus. */
import { useEffect, useRef, useState } from "preact/hooks";
import { usePage } from "../../context.ts";
import type { Notice } from "../../state/notices.ts";
import { shownName } from "../../../sdk/view/text.ts";

const NOTICE_MS = 6_000;

export function Notices({ notices }: { notices: readonly Notice[] }) {
  return (
    <div class="notices" data-over role="status" aria-live="polite">
      {notices.map((notice) => <NoticeLine key={notice.id} notice={notice} />)}
    </div>
  );
}

function NoticeLine({ notice: { id, text, undo } }: { notice: Notice }) {
  const { dispatch } = usePage();
  const [isHeld, setHeld] = useState(false);
  /** What had the focus before this line. */
  const before = useRef<EventTarget | null>(null);
  const dismiss = () => dispatch({ type: "notice_dismissed", id });
  useEffect(() => {
    if (isHeld) return;
    const timer = setTimeout(dismiss, NOTICE_MS);
    return () => clearTimeout(timer);
  }, [isHeld]);
  return (
    <div
      class="notice"
      data-testid="notice"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocusIn={({ relatedTarget }) => {
        before.current = relatedTarget;
        setHeld(true);
      }}
      onFocusOut={() => setHeld(false)}
    >
      <bdi>{shownName(text)}</bdi>
      {undo !== undefined && (
        <button
          type="button"
          class="link-button"
          onClick={() => {
            if (before.current instanceof HTMLElement) before.current.focus();
            undo();
            dismiss();
          }}
        >
          Undo
        </button>
      )}
    </div>
  );
}
