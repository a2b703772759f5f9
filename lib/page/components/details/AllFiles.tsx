/** All files of the conversation: pictures side by side, and the others in lines, which come as one scrolls. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Identity } from "../../session/identity.ts";
import type { FileCounts, FileList } from "../../session/file_list.ts";
import { type ShownMessage, shownMessage } from "../../state/thread.ts";
import { isPhoto, useGallery } from "../files/use_gallery.tsx";
import { Icon } from "../kit/Icon.tsx";
import { moveAmongFiles } from "./file_keys.ts";
import { OtherFile } from "./OtherFile.tsx";
import { Thumbnail } from "./Thumbnail.tsx";
import { useFileList } from "./use_file_list.ts";

/** From so far before the end on, more are read. */
const NEAR_PX = 600;

const KINDS = ["image", "file"] as const;
type Kind = typeof KINDS[number];
const WORDS: Readonly<Record<Kind, string>> = { image: "Photos", file: "Files" };

export function AllFiles({ id, me }: { id: number; me: Identity }) {
  const lists = { image: useFileList(id, "image"), file: useFileList(id, "file") };
  const [chosen, setChosen] = useState<Kind | undefined>();
  const counts = countsOf(lists);
  const kinds = KINDS.filter((each) => counts === undefined || counts[each] > 0);
  const kind = kinds.find((each) => each === chosen) ?? kinds[0] ?? "image";
  return (
    <div class="all-files">
      {counts !== undefined && kinds.length > 1 && (
        <Chips {...{ kind, counts }} onChoose={setChosen} />
      )}
      <Listed key={kind} list={lists[kind]} {...{ kind, me }} onRetry={() => retry(lists)} />
    </div>
  );
}

function retry(lists: Readonly<Record<Kind, FileList | undefined>>): void {
  for (const kind of KINDS) {
    const list = lists[kind];
    if (list?.problem === undefined) continue;
    if (list.isLoaded) list.loadMore();
    else list.load();
  }
}

/** Each list knows best how many there are of its own kind. */
function countsOf({ image, file }: Record<Kind, FileList | undefined>): FileCounts | undefined {
  if (image?.counts === undefined || file?.counts === undefined) return undefined;
  return { image: image.counts.image, file: file.counts.file };
}

interface ChipsProps {
  kind: Kind;
  counts: FileCounts;
  onChoose: (kind: Kind) => void;
}

function Chips({ kind, counts, onChoose }: ChipsProps) {
  return (
    <div class="chips" role="group" aria-label="Filter">
      {KINDS.map((each) => (
        <button
          key={each}
          type="button"
          class="chip"
          aria-pressed={each === kind}
          onClick={() => onChoose(each)}
        >
          {`${WORDS[each]} ${counts[each].toLocaleString()}`}
        </button>
      ))}
    </div>
  );
}

interface ListedProps {
  list: FileList | undefined;
  kind: Kind;
  me: Identity;
  onRetry: () => void;
}

function Listed({ list, kind, me, onRetry }: ListedProps) {
  const [active, setActive] = useState("");
  const all = list?.messages ?? [];
  const shown = all.map((message) => shownMessage(message, me.user_id));
  const gallery = useGallery(() => shown.toReversed(), () => list?.loadMore());
  if (list === undefined || (!list.isLoaded && list.problem === undefined)) {
    return <p class="soft all-files-word" role="status">Loading…</p>;
  }
  if (shown.length === 0 && list.problem === undefined) return <Nothing />;
  const photos = shown.filter(isPhoto);
  const others = shown.filter((each) => !isPhoto(each));
  const stop = shown.find(({ key }) => key === active)?.key ?? (photos[0] ?? others[0])?.key;
  const isStop = ({ key }: ShownMessage) => key === stop;
  return (
    <div
      onKeyDown={moveAmongFiles}
      onFocusIn={(event) => {
        const item = (event.target as Element).closest<HTMLElement>("[data-key]");
        if (item?.dataset["key"] !== undefined) setActive(item.dataset["key"]);
      }}
    >
      {photos.length > 0 && (
        <ul class="thumbs" aria-label="Photos">
          {photos.map((message) => (
            <li key={message.key} data-key={message.key}>
              <Thumbnail message={message} onOpen={gallery.open} isStop={isStop(message)} />
            </li>
          ))}
        </ul>
      )}
      {others.length > 0 && (
        <ul class="file-rows" aria-label={kind === "image" ? "Elsewhere" : "Files"}>
          {others.map((message) => (
            <li key={message.key} data-key={message.key}>
              <OtherFile message={message} me={me} isStop={isStop(message)} />
            </li>
          ))}
        </ul>
      )}
      {list.problem !== undefined
        ? <Problem problem={list.problem} onRetry={onRetry} />
        : list.hasMore && <More key={shown.length} list={list} />}
      <p class="visually-hidden" role="status">{`${shown.length} are listed`}</p>
      {gallery.element}
    </div>
  );
}

/** Stands at the end of what is loaded; as soon as it comes near, more is. */
function More({ list }: { list: FileList }) {
  const element = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (element.current === null) return;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) list.loadMore();
    }, { root: element.current.closest(".details"), rootMargin: `${NEAR_PX}px` });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [list]);
  return <p ref={element} class="soft all-files-word">Loading more…</p>;
}

function Problem({ problem, onRetry }: { problem: unknown; onRetry: () => void }) {
  const reason = problem instanceof Error ? problem.message : String(problem);
  return (
    <div class="all-files-word" role="alert">
      <p class="soft">{`The files cannot be listed now: ${reason}`}</p>
      <button type="button" class="button button-small" onClick={onRetry}>Try again</button>
    </div>
  );
}

function Nothing() {
  return (
    <div class="nothing" role="status">
      <span class="nothing-icon nothing-icon-soft">
        <Icon name="file" />
      </span>
      <strong>No files</strong>
      <p>Photos and files that are sent here are listed in this place.</p>
    </div>
  );
}
