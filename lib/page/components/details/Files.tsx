/** The pictures and files among the messages that were read from the server, the newest first. */
import { useMemo } from "preact/hooks";
import { usePage } from "../../context.ts";
import type { Identity } from "../../session/identity.ts";
import { shownMessage, type Thread } from "../../state/thread.ts";
import { listTime, shownName } from "../../text.ts";
import { FileRow } from "../files/FileRow.tsx";
import { altOf } from "../files/Photo.tsx";
import { isPhoto, useGallery } from "../files/use_gallery.tsx";

const PHOTOS = 6;
const FILES = 4;

/** The width of the small pictures that they are made from, since they are sharp on screens of twice the pixels, too. */
const THUMBNAIL = 160;

export function Files({ thread, me }: { thread: Thread | null; me: Identity }) {
  const { session } = usePage();
  const messages = thread?.messages;
  const withFiles = useMemo(
    () =>
      (messages ?? [])
        .filter(({ file, deleted, id }) => file !== undefined && !deleted && id > 0)
        .map((message) => shownMessage(message, me.user_id)),
    [messages, me.user_id],
  );
  const gallery = useGallery(() => withFiles, () => session.chats?.thread?.loadBefore());
  if (withFiles.length === 0) return null;
  const newest = withFiles.toReversed();
  const photos = newest.filter(isPhoto).slice(0, PHOTOS);
  const files = newest.filter((message) => !isPhoto(message)).slice(0, FILES);
  return (
    <section class="details-part" data-testid="files">
      <h3>Recent files</h3>
      {photos.length > 0 && (
        <ul class="thumbs" aria-label="Photos">
          {photos.map((message) => (
            <li key={message.key}>
              <button type="button" class="thumb" onClick={() => gallery.open(message)}>
                <img
                  src={session.files?.url(message.file!, { thumbnail: THUMBNAIL * 2 })}
                  alt={altOf(message)}
                  loading="lazy"
                  decoding="async"
                />
              </button>
            </li>
          ))}
        </ul>
      )}
      {files.map(({ key, file, userId, name, timestamp }) => (
        <FileRow
          key={key}
          file={file!}
          isStop
          by={`${userId === me.user_id ? "You" : shownName(name)} · ${listTime(timestamp)}`}
        />
      ))}
      {gallery.element}
    </section>
  );
}
