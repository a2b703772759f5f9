/** A small picture of the conversation, which opens it over everything else. */
import { usePage } from "../../context.ts";
import type { ShownMessage } from "../../state/thread.ts";
import { altOf } from "../files/Photo.tsx";
import { usePicture } from "../files/use_picture.ts";

/** The width of the small pictures that they are made from, since they are sharp on screens of twice the pixels, too. */
const THUMBNAIL = 160;

interface ThumbnailProps {
  message: ShownMessage;
  onOpen: (message: ShownMessage) => void;
  isStop: boolean;
}

export function Thumbnail({ message, onOpen, isStop }: ThumbnailProps) {
  const { session } = usePage();
  const picture = usePicture(message.file ?? { id: "" });
  return (
    <button
      type="button"
      class="thumb"
      tabIndex={isStop ? 0 : -1}
      data-stop
      onClick={() => onOpen(message)}
    >
      <img
        key={picture.turn}
        src={session.files?.url(picture.file, { thumbnail: THUMBNAIL * 2 })}
        alt={altOf(message)}
        loading="lazy"
        decoding="async"
        onError={picture.failed}
      />
    </button>
  );
}
