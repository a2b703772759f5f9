/** The pictures of a conversation, one at a time over everything else. Arrows go on, Escape ends it and gives the focus back. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { usePage } from "../../context.ts";
import { fileName, sizeWords } from "../../file_words.ts";
import type { ShownMessage } from "../../state/thread.ts";
import { isoTime, shortTime } from "../../../sdk/view/times.ts";
import { Icon } from "../kit/Icon.tsx";
import { Name } from "../kit/Name.tsx";
import { altOf } from "./Photo.tsx";
import { saveOnClick } from "./save.ts";
import { useSwipe } from "./swipe.ts";
import { usePicture } from "./use_picture.ts";

interface GalleryProps {
  /** The oldest first. */
  photos: readonly ShownMessage[];
  /** The key of the one that is shown. */
  at: string;
  onMove: (key: string) => void;
  onClose: () => void;
}

export function Gallery({ photos, at, onMove, onClose }: GalleryProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const index = photos.findIndex(({ key }) => key === at);
  const photo = photos[index];
  useLayoutEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal();
    dialog.current?.focus();
  }, []);
  useLayoutEffect(() => {
    if (photo === undefined) onClose(); // it was deleted meanwhile
  }, [photo === undefined]);
  const goTo = (to: number) => {
    const next = photos[Math.max(0, Math.min(photos.length - 1, to))];
    if (next !== undefined) onMove(next.key);
  };
  const swipe = useSwipe((step) => goTo(index + step));
  if (photo === undefined) return null;

  const onKeyDown = (event: KeyboardEvent) => {
    const forwards = dialog.current?.matches(":dir(rtl)") ? "ArrowLeft" : "ArrowRight";
    const [isRight, isLeft] = [event.key === "ArrowRight", event.key === "ArrowLeft"];
    if (isRight || isLeft) goTo(event.key === forwards ? index + 1 : index - 1);
    else if (event.key === "Home") goTo(0);
    else if (event.key === "End") goTo(photos.length - 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const count = `${index + 1} of ${photos.length}`;
  return (
    <dialog
      ref={dialog}
      class="gallery"
      aria-label="Photos"
      tabIndex={-1}
      onClose={onClose}
      onKeyDown={onKeyDown}
      {...swipe}
    >
      <header class="gallery-head">
        <div class="gallery-about">
          <strong>
            <Name>{photo.name}</Name>
          </strong>
          <span dir="auto">
            <time dateTime={isoTime(photo.timestamp)}>{shortTime(photo.timestamp)}</time>
            {` · ${count}`}
          </span>
        </div>
        <Save key={photo.key} photo={photo} />
        <button
          type="button"
          class="icon-button"
          aria-label="Close"
          title="Close"
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
      </header>
      <div class="gallery-stage">
        <Picture key={photo.key} photo={photo} />
        {photos.length > 1 && (
          <>
            <Step word="Previous" isOff={index === 0} onChoose={() => goTo(index - 1)} />
            <Step
              word="Next"
              isOff={index === photos.length - 1}
              onChoose={() => goTo(index + 1)}
            />
          </>
        )}
      </div>
      {photo.text !== "" && <p class="gallery-caption" dir="auto">{photo.text}</p>}
      <p class="visually-hidden" role="status">{`${count}. ${altOf(photo)}`}</p>
    </dialog>
  );
}

function Picture({ photo }: { photo: ShownMessage }) {
  const { session } = usePage();
  const picture = usePicture(photo.file ?? { id: "" });
  if (picture.state === "gone") {
    return <p class="gallery-gone">This photo is not there any more.</p>;
  }
  if (picture.state === "strange") {
    return <p class="gallery-gone">The browser cannot show this picture. Download it instead.</p>;
  }
  const { width, height } = picture.file;
  return (
    <img
      key={picture.turn}
      src={session.files?.url(picture.file)}
      {...{ width, height }}
      alt={altOf(photo)}
      draggable={false}
      onError={picture.failed}
    />
  );
}

function Save({ photo: { file = { id: "" } } }: { photo: ShownMessage }) {
  const { session } = usePage();
  const [isGone, setGone] = useState(false);
  if (isGone) return <p class="gallery-lost" role="status">Not there any more</p>;
  const words = file.bytes === undefined ? "" : `, ${sizeWords(file.bytes)}`;
  return (
    <a
      class="icon-button"
      href={session.files?.url(file, { download: true })}
      download={file.name ?? ""}
      aria-label={`Download ${fileName(file)}${words}`}
      title="Download"
      onClick={saveOnClick(session.files, file, (isThere) => setGone(!isThere))}
    >
      <Icon name="download" />
    </a>
  );
}

function Step({ word, isOff, onChoose }: { word: string; isOff: boolean; onChoose: () => void }) {
  return (
    <button
      type="button"
      class={`icon-button gallery-step gallery-${word.toLowerCase()}`}
      aria-label={`${word} photo`}
      title={word}
      aria-disabled={isOff}
      onClick={onChoose}
    >
      <Icon name="right" />
    </button>
  );
}
