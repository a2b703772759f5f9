/** What is counted of files. */
import { Counter } from "../core/metrics.ts";
import type { RefusalCounters } from "../core/refusals.ts";

export type FileCounters = ReturnType<typeof fileCounters>;

export function fileCounters() {
  return {
    stored: new Counter("files_stored", "Files that were uploaded and taken."),
    removed: new Counter("files_removed", "Files and uploads whose bytes were deleted."),
    received: new Counter("files_bytes_received", "Bytes of uploads that were kept."),
    links: new Counter(
      "files_upload_links",
      "Links by which pieces of uploads go to the bucket itself.",
    ),
    sent: new Counter("files_bytes_sent", "Bytes of files that were asked for."),
    thumbnails: new Counter("files_thumbnails", "Thumbnails that were made."),
  };
}

export function fileRefusals() {
  return {
    too_large: new Counter("refused_large_files", "Files and images larger than one may be."),
    type_denied: new Counter("refused_file_types", "Files of types that are not taken."),
    too_many_files: new Counter("refused_files", "Files beyond those of a user or of a site."),
    too_many_uploads: new Counter(
      "refused_uploads",
      "Uploads that waited too long for memory, since too many came at once.",
    ),
    storage_full: new Counter(
      "refused_storage",
      "Files beyond the bytes of a user, of a site, or of the disk.",
    ),
    file_refused: new Counter("refused_by_application", "Files that the application did not take."),
  } satisfies RefusalCounters;
}
