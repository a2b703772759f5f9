/** A file in a line: what it is called, how large it is and of what kind. It is a link that saves it, or shows how far it is. */
import { useState } from "preact/hooks";
import type { AttachedFile } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import { fileName, kindWords, sizeWords } from "../../file_words.ts";
import type { ShownMessage } from "../../state/thread.ts";
import type { MessageActions } from "../chat/actions.ts";
import { Icon } from "../kit/Icon.tsx";
import { type Elsewhere, elsewhereOf } from "./elsewhere.ts";
import { saveOnClick } from "./save.ts";
import { CancelButton, UploadBar, uploadWords } from "./UploadBar.tsx";

interface FileRowProps {
  file: AttachedFile;
  isStop: boolean;
  /** What stands before its size, such as who sent it. */
  by?: string;
  /** It is known already that there is no file any more. */
  isGone?: boolean;
}

export function FileRow({ file, isStop, by, isGone = false }: FileRowProps) {
  const { session } = usePage();
  const [isFoundGone, setFoundGone] = useState(false);
  const { files } = session;
  const size = file.bytes === undefined ? undefined : inOneLine(sizeWords(file.bytes));
  const hints = [by, size, kindWords(file)];
  const name = <FileName file={file} />;
  const elsewhere = elsewhereOf(file);
  if (elsewhere !== undefined) return <ElsewhereRow {...elsewhere} by={by} isStop={isStop} />;
  if (isGone || isFoundGone) {
    return (
      <span class="file-row file-row-gone">
        <FileIcon />
        <span class="file-about">
          {name}
          <small role="status" dir="auto">This file is not there any more.</small>
        </span>
      </span>
    );
  }
  return (
    <a
      class="file-row"
      href={files?.url(file, { download: true }) || undefined}
      download={file.name ?? ""}
      tabIndex={isStop ? 0 : -1}
      data-testid="file"
      onClick={saveOnClick(files, file, (isThere) => setFoundGone(!isThere))}
    >
      <FileIcon />
      <span class="file-about">
        {name}
        <small dir="auto">
          {hints.filter((hint) => hint !== undefined && hint !== "").join(" · ")}
        </small>
      </span>
      <span class="file-row-end">
        <Icon name="download" small />
        <span class="visually-hidden" dir="auto">, download</span>
      </span>
    </a>
  );
}

function ElsewhereRow(
  { href, host, name, by, isStop }: Elsewhere & { by?: string; isStop: boolean },
) {
  return (
    <a
      class="file-row"
      href={href}
      target="_blank"
      rel="noopener noreferrer nofollow"
      tabIndex={isStop ? 0 : -1}
      data-testid="file"
    >
      <FileIcon />
      <span class="file-about">
        <FileName file={{ name }} />
        <small dir="auto">{by === undefined ? host : `${by} · ${host}`}</small>
      </span>
      <span class="file-row-end">
        <Icon name="link" small />
      </span>
    </a>
  );
}

/** A file that is on its way to the server, or did not come there. */
export function SendingFileRow(
  { message, actions, isStop }: {
    message: ShownMessage;
    actions: MessageActions;
    isStop: boolean;
  },
) {
  const { file = { id: "" }, delivery } = message;
  const isFailed = delivery === "failed";
  return (
    <span class="file-row file-row-sending" data-testid="sending">
      <FileIcon />
      <span class="file-about">
        <FileName file={file} />
        <small dir="auto">
          {isFailed
            ? `${sizeWords(file.bytes ?? 0)} · ${kindWords(file)}`
            : uploadWords(message, actions.isOnline)}
        </small>
        {!isFailed && <UploadBar message={message} />}
      </span>
      {!isFailed && <CancelButton {...{ message, actions, isStop }} />}
    </span>
  );
}

/** A number and its unit are not cut in two. */
function inOneLine(words: string): string {
  return words.replaceAll(" ", "\u00a0");
}

function FileIcon() {
  return (
    <span class="file-icon">
      <Icon name="file" />
    </span>
  );
}

function FileName({ file }: { file: Pick<AttachedFile, "name"> }) {
  return (
    <span class="file-name" title={file.name}>
      <bdi>{fileName(file)}</bdi>
    </span>
  );
}
