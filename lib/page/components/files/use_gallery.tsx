/** Opens the gallery on one of the pictures of the messages that were read from the server. */
import type { ComponentChildren } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import type { ShownMessage } from "../../state/thread.ts";
import { elsewhereOf } from "./elsewhere.ts";
import { Gallery } from "./Gallery.tsx";

interface GalleryControl {
  /** It is the same function at each drawing. */
  open(message: ShownMessage): void;
  readonly element: ComponentChildren;
}

/** @param messagesOf the oldest first. @param onStart asks for what is before the first of them */
export function useGallery(
  messagesOf: () => readonly ShownMessage[],
  onStart: () => void,
): GalleryControl {
  const [at, setAt] = useState<string | null>(null);
  const now = useRef({ messagesOf, onStart });
  now.current = { messagesOf, onStart };
  const show = useMemo(() => (key: string) => {
    setAt(key);
    const { messagesOf, onStart } = now.current;
    if (messagesOf().find(isPhoto)?.key === key) onStart();
  }, []);
  const open = useMemo(() => ({ key }: ShownMessage) => show(key), []);
  return {
    open,
    element: at !== null && (
      <Gallery
        photos={messagesOf().filter(isPhoto)}
        at={at}
        onMove={show}
        onClose={() => setAt(null)}
      />
    ),
  };
}

export function isPhoto({ kind, file, isDeleted }: ShownMessage): boolean {
  if (kind !== "image" || isDeleted || file === undefined || file.id === "") return false;
  return elsewhereOf(file) === undefined;
}
