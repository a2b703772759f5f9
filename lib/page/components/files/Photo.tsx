/** A picture in a message. Its place is kept free before it is there, so that nothing moves when it comes. */
import { useState } from "preact/hooks";
import type { AttachedFile } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import { fileName } from "../../file_words.ts";
import type { ShownMessage } from "../../state/thread.ts";
import type { MessageActions } from "../chat/actions.ts";
import { FileRow } from "./FileRow.tsx";
import { noteSize, type Size, sizeOf, useObjectUrl } from "./object_url.ts";
import { sourcesOf } from "./sources.ts";
import { CancelButton, UploadBar, uploadWords } from "./UploadBar.tsx";
import { usePicture } from "./use_picture.ts";

interface PhotoProps {
  message: ShownMessage;
  actions: MessageActions;
  isStop: boolean;
}

/** The largest and the smallest box of a picture, in pixels of the page. */
const MOST: Size = { width: 400, height: 340 };
const LEAST: Size = { width: 140, height: 96 };

/** The box of a picture of which nobody knows yet how large it is. */
const UNKNOWN: Size = { width: 320, height: 240 };

export function Photo({ message, actions, isStop }: PhotoProps) {
  const { file = { id: "" }, delivery } = message;
  const { session } = usePage();
  const [, setMeasured] = useState(0);
  const local = useObjectUrl(file.blob);
  const picture = usePicture(file);
  const isOnItsWay = file.id === "" || delivery === "pending" || delivery === "failed";
  if (picture.state !== "shown" && !isOnItsWay) {
    return <FileRow file={file} isStop={isStop} isGone={picture.state === "gone"} />;
  }
  const box = boxOf(file);
  const sources = local === undefined && file.id !== ""
    ? sourcesOf(session.files, picture.file, box.width)
    : { src: local };
  return (
    <div class="photo">
      <button
        type="button"
        class="photo-button"
        tabIndex={isStop ? 0 : -1}
        disabled={file.id === ""}
        onClick={() => actions.openPhoto?.(message)}
      >
        <img
          key={picture.turn}
          {...sources}
          {...box}
          style={{ aspectRatio: `${box.width} / ${box.height}` }}
          alt={altOf(message)}
          loading={local === undefined ? "lazy" : "eager"}
          decoding="async"
          draggable={false}
          onLoad={({ currentTarget }) => {
            if (file.blob === undefined || sizeOf(file.blob) !== undefined) return;
            noteSize(file.blob, currentTarget);
            setMeasured(1);
          }}
          onError={() => !isOnItsWay && picture.failed()}
        />
      </button>
      {delivery === "pending" && (
        <div class="photo-upload" data-testid="sending">
          <span class="photo-upload-words">{uploadWords(message, actions.isOnline)}</span>
          <UploadBar message={message} />
          <CancelButton {...{ message, actions, isStop }} />
        </div>
      )}
    </div>
  );
}

export function altOf({ text, file }: ShownMessage): string {
  return `Photo: ${text === "" ? fileName(file ?? {}) : text}`;
}

/** How large the picture is on the page, before it is narrowed to the conversation. */
function boxOf({ blob, width = 0, height = 0 }: AttachedFile & { blob?: Blob }): Size {
  const measured = blob === undefined ? undefined : sizeOf(blob);
  const size = width > 0 && height > 0 ? { width, height } : measured;
  if (size === undefined) return UNKNOWN;
  const scale = Math.min(1, MOST.width / size.width, MOST.height / size.height);
  return {
    width: Math.max(LEAST.width, Math.round(size.width * scale)),
    height: Math.max(LEAST.height, Math.round(size.height * scale)),
  };
}
