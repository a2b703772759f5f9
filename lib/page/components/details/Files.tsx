/** The newest pictures and files of the conversation, and how many there are. */
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { usePage } from "../../context.ts";
import type { Identity } from "../../session/identity.ts";
import { withFiles } from "../../state/place.ts";
import type { State } from "../../state/store.ts";
import { shownMessage, type Thread } from "../../state/thread.ts";
import { isPhoto, useGallery } from "../files/use_gallery.tsx";
import { OtherFile } from "./OtherFile.tsx";
import { Thumbnail } from "./Thumbnail.tsx";
import { useFileList } from "./use_file_list.ts";

const PHOTOS = 6;
const FILES = 4;

interface FilesProps {
  thread: Thread | null;
  state: State;
  me: Identity;
  /** The user comes back from the list of all. */
  isBack: boolean;
}

export function Files({ thread, state, me, isBack }: FilesProps) {
  const { session } = usePage();
  const list = useFileList(thread?.id ?? 0, "recent");
  const messages = thread?.messages;
  // Until the server has answered, those among the messages that are there.
  const loaded = useMemo(
    () => (messages ?? []).filter(({ file, deleted, id }) => file && !deleted && id > 0),
    [messages],
  );
  const oldestFirst = list?.isLoaded ? list.messages.toReversed() : loaded;
  const withFile = oldestFirst.map((message) => shownMessage(message, me.user_id));
  const gallery = useGallery(() => withFile, () => {
    if (list?.isLoaded) list.loadMore();
    else session.chats?.thread?.loadBefore();
  });
  const all = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    if (isBack) all.current?.focus();
  }, []);
  if (withFile.length === 0) return null;
  const newest = withFile.toReversed();
  const photos = newest.filter(isPhoto).slice(0, PHOTOS);
  const files = newest.filter((message) => !isPhoto(message)).slice(0, FILES);
  const { image, file } = list?.counts ?? { image: 0, file: 0 };
  const shown = photos.length + files.length;
  return (
    <section class="details-part" data-testid="files">
      <h3>
        Files{image + file > 0 && ` · ${(image + file).toLocaleString()}`}
        {image + file > shown && (
          <button
            ref={all}
            type="button"
            class="link-button"
            aria-label="See all files"
            onClick={() => session.go(withFiles(state.place, true))}
          >
            See all
          </button>
        )}
      </h3>
      {photos.length > 0 && (
        <ul class="thumbs" aria-label="Photos">
          {photos.map((message) => (
            <li key={message.key}>
              <Thumbnail message={message} onOpen={gallery.open} isStop />
            </li>
          ))}
        </ul>
      )}
      {files.map((message) => <OtherFile key={message.key} message={message} me={me} isStop />)}
      {gallery.element}
    </section>
  );
}
