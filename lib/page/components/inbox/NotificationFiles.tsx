/** The picture and the files of a notification. */
import { useState } from "preact/hooks";
import type { AttachedFile, Notification } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import { fileName } from "../../file_words.ts";
import { FileRow } from "../files/FileRow.tsx";
import { sourcesOf } from "../files/sources.ts";

/** How wide the picture is at most, in pixels of the page. */
const WIDTH = 340;

export function NotificationFiles({ notification }: { notification: Notification }) {
  const { image, attachments = [] } = notification;
  if (image === undefined && attachments.length === 0) return null;
  return (
    <div class="notification-files">
      {image !== undefined && <Picture file={image} />}
      {attachments.map((file) => <FileRow key={file.id} file={file} isStop />)}
    </div>
  );
}

function Picture({ file }: { file: AttachedFile }) {
  const { session } = usePage();
  const [isShown, setShown] = useState(true);
  if (!isShown) return <FileRow file={file} isStop />;
  const { width, height } = file;
  return (
    <img
      class="notification-picture"
      {...sourcesOf(session.files, file, WIDTH)}
      {...{ width, height }}
      alt={fileName(file)}
      loading="lazy"
      decoding="async"
      onError={() => setShown(false)}
    />
  );
}
