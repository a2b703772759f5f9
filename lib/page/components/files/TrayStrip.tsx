/** What is attached to the message that is being written, with previews, and why something was not. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { fileName, kindWords, sizeWords } from "../../file_words.ts";
import type { Attachment, Tray } from "../../state/tray.ts";
import { Icon } from "../kit/Icon.tsx";
import { noteSize, useObjectUrl } from "./object_url.ts";

/** Draws the component anew with each change of the tray. */
export function useTray(tray: Tray | undefined): readonly Attachment[] {
  const [, setTurn] = useState(0);
  useLayoutEffect(() => tray?.subscribe(() => setTurn((turn) => turn + 1)), [tray]);
  return tray?.items ?? [];
}

interface TrayStripProps {
  tray: Tray;
  /** Takes the focus when nothing is left here that could have it. */
  onEmpty: () => void;
}

export function TrayStrip({ tray, onEmpty }: TrayStripProps) {
  const items = useTray(tray);
  const list = useRef<HTMLUListElement>(null);
  const remove = (index: number, key: number) => {
    const buttons = [...list.current?.querySelectorAll<HTMLElement>("button") ?? []];
    const next = buttons[index + 1] ?? buttons[index - 1];
    if (next === undefined) onEmpty();
    else next.focus();
    tray.remove(key);
  };
  const { length } = items;
  return (
    <>
      {tray.problems.length > 0 && <Problems tray={tray} />}
      {length > 0 && (
        <ul ref={list} class="tray" aria-label="Attached files">
          {items.map(({ key, file }, index) => (
            <li key={key} class="tray-item" data-testid="attached">
              <Preview file={file} />
              <button
                type="button"
                class="tray-remove"
                aria-label={`Remove ${fileName(file)}`}
                title="Remove"
                onClick={() =>
                  remove(index, key)}
              >
                <Icon name="close" small />
              </button>
            </li>
          ))}
        </ul>
      )}
      <p class="visually-hidden" role="status">
        {length === 0 ? "" : length === 1 ? "1 file is attached" : `${length} files are attached`}
      </p>
    </>
  );
}

function Problems({ tray }: { tray: Tray }) {
  return (
    <div class="tray-problems" role="alert">
      <Icon name="alert" small />
      <ul>
        {tray.problems.map((problem) => <li key={problem} dir="auto">{problem}</li>)}
      </ul>
      <button
        type="button"
        class="icon-button icon-button-small"
        aria-label="Dismiss"
        title="Dismiss"
        onClick={() => tray.forgetProblems()}
      >
        <Icon name="close" small />
      </button>
    </div>
  );
}

function Preview({ file }: { file: File }) {
  const [isStrange, setStrange] = useState(false);
  const isImage = file.type.startsWith("image/") && !isStrange;
  const url = useObjectUrl(isImage ? file : undefined);
  if (isImage) {
    return (
      <img
        class="tray-picture"
        src={url}
        alt={fileName(file)}
        draggable={false}
        onLoad={({ currentTarget }) => noteSize(file, currentTarget)}
        onError={() => url !== undefined && setStrange(true)}
      />
    );
  }
  return (
    <span class="tray-file">
      <Icon name="file" />
      <span class="tray-file-about">
        <span class="tray-file-name" title={file.name}>
          <bdi>{fileName(file)}</bdi>
        </span>
        <small>{`${sizeWords(file.size)} · ${kindWords(file)}`}</small>
      </span>
    </span>
  );
}
