/** Files that are pasted into a conversation, wherever the focus is in it: a picture that was copied, for instance. */
import { useEffect, useRef } from "preact/hooks";

interface PasteOptions {
  isOn: boolean;
  onPaste: (files: readonly File[]) => void;
}

export function usePaste(options: PasteOptions): void {
  const now = useRef(options);
  now.current = options;
  useEffect(() => {
    const listen = (event: ClipboardEvent) => {
      const { isOn, onPaste } = now.current;
      if (!isOn || event.defaultPrevented || isElsewhere(event.target)) return;
      const { clipboardData } = event;
      const files = [...clipboardData?.files ?? []];
      // What is copied in a text program is text, and a picture of it beside that.
      if (files.length === 0 || clipboardData?.getData("text/plain")) return;
      event.preventDefault();
      onPaste(files);
    };
    document.addEventListener("paste", listen);
    return () => document.removeEventListener("paste", listen);
  }, []);
}

/** Another field, or what lies above the page, has the focus. */
function isElsewhere(target: EventTarget | null): boolean {
  if (document.querySelector("dialog[open]") !== null) return true;
  if (!(target instanceof Element)) return false;
  return target.closest("input, textarea, [contenteditable]") !== null &&
    target.closest(".composer") === null;
}
