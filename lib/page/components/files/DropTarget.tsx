/** Files that are dropped on a conversation. The target is seen as long as one holds them over it. */
import type { TargetedDragEvent } from "preact";
import { useState } from "preact/hooks";
import { Icon } from "../kit/Icon.tsx";

interface Dropped {
  readonly files: readonly File[];
  /** There were folders, which nobody can send. */
  readonly hasFolders: boolean;
}

interface DropOptions {
  isOn: boolean;
  onDrop: (dropped: Dropped) => void;
}

export function useFileDrop({ isOn, onDrop }: DropOptions) {
  const [isOver, setOver] = useState(false);
  const handlers = {
    onDragOver(event: TargetedDragEvent<HTMLElement>) {
      if (!isOn || !hasFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "copy";
      setOver(true);
    },
    onDragLeave({ currentTarget, relatedTarget }: TargetedDragEvent<HTMLElement>) {
      if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) setOver(false);
    },
    onDrop(event: TargetedDragEvent<HTMLElement>) {
      setOver(false);
      if (!isOn || event.dataTransfer === null || !hasFiles(event)) return;
      event.preventDefault();
      onDrop(droppedOf(event.dataTransfer));
    },
  };
  return { isOver, handlers };
}

export function DropTarget({ to }: { to: string }) {
  return (
    <div class="drop-target" aria-hidden="true" data-testid="drop-target">
      <p>
        <Icon name="clip" /> Drop files to send them to <bdi>{to}</bdi>
      </p>
    </div>
  );
}

/** Files that are dropped anywhere else do not take the page's place. */
export function ignoreOtherDrops(): void {
  for (const kind of ["dragover", "drop"] as const) {
    addEventListener(kind, (event) => {
      if (event.defaultPrevented || !hasFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "none";
    });
  }
}

function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes("Files") ?? false;
}

function droppedOf({ items, files }: DataTransfer): Dropped {
  const given = [...items].filter(({ kind }) => kind === "file");
  const isFolder = (item: DataTransferItem) => item.webkitGetAsEntry()?.isDirectory === true;
  if (!given.some(isFolder)) return { files: [...files], hasFolders: false };
  const kept = given.filter((item) => !isFolder(item)).flatMap((item) => item.getAsFile() ?? []);
  return { files: kept, hasFolders: true };
}
