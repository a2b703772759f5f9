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
    save(files, file).then(onAnswer).catch(() => {});
  };
}

/** Has the browser save a file. Resolves with whether it is there. */
async function save(files: FileLinks, file: AttachedFile): Promise<boolean> {
  const found = await files.renew(file);
  if (found === undefined) return false;
  const link = document.createElement("a");
  link.href = files.url(found, { download: true });
  link.download = found.name ?? "";
  link.click();
  return true;
}
