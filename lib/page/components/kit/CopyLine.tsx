/** A command with a button that copies it. */
import { useEffect, useState } from "preact/hooks";
import { Icon } from "./Icon.tsx";

const CONFIRMATION_MS = 2_000;

export function CopyLine({ label, line }: { label: string; line: string }) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), CONFIRMATION_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);

  return (
    <div class="copy-line">
      <code>{line}</code>
      <button
        type="button"
        class="icon-button"
        aria-label={isCopied ? "Copied" : `Copy the ${label}`}
        onClick={async () => setCopied(await copy(line))}
      >
        <Icon name={isCopied ? "check" : "copy"} />
      </button>
    </div>
  );
}

/** Browsers have `navigator.clipboard` only on https and localhost; the old way works everywhere. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.className = "visually-hidden";
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}
