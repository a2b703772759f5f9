/** Saves a file on a click: by a new link, since that on the page may have ended, and only if the file is still there. */
import type { AttachedFile } from "../../../sdk/mod.ts";
import type { FileLinks } from "../../session/file_links.ts";

/** @param onAnswer gets whether there is such a file */
export function saveOnClick(
  files: FileLinks | undefined,
  file: AttachedFile,
  onAnswer: (isThere: boolean) => void,
) {
  return (event: MouseEvent) => {
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (!isPlain || files === undefined || !files.isOnline) return;
    event.preventDefault(); // what is not there any more is said here, and not by the browser
    files.save(file).then(onAnswer).catch(() => {});
  };
}
