/** Notifications for which another one stands: of a digest, or the older ones of its group. They are shown on demand. */
import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import type { DigestItem, Notification } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import { linkTo } from "../../../sdk/view/links.ts";
import { lineOf } from "../../../sdk/view/lines.ts";
import type { Entry } from "../../../sdk/view/entries.ts";
import { isoTime, listTime } from "../../../sdk/view/times.ts";
import { Icon } from "../kit/Icon.tsx";
import { Name } from "../kit/Name.tsx";

/** @param notification with `details.items` */
export function Digest({ notification }: { notification: Notification }) {
  const { count, items = [] } = notification.details ?? {};
  if (items.length === 0) return null;
  const left = (count ?? items.length) - items.length;
  return (
    <Folded label={`Show all ${count ?? items.length}`} onOpen={() => {}}>
      {items.toReversed().map((item) => <Line key={item.id} item={item} />)}
      {left > 0 && <li class="muted">and {left} before</li>}
    </Folded>
  );
}

/** @param props.entry the head of a group, and those for which it stands */
export function Group({ entry: { head, others, more } }: { entry: Entry }) {
  const { session } = usePage();
  /** Those that the list behind the bell has not come to yet. */
  const [older, setOlder] = useState<readonly Notification[]>([]);
  if (others.length + more === 0) return null;
  const known = new Set([head, ...others].map(({ id }) => id));
  const all = [...others, ...older.filter(({ id }) => !known.has(id))];
  return (
    <Folded
      label={`Show ${others.length + more} more`}
      onOpen={() => session.notifications?.groupOf(head).then(setOlder, () => {})}
    >
      {all.map((each) => <Line key={each.id} item={lineOf(each)} />)}
    </Folded>
  );
}

interface FoldedProps {
  label: string;
  onOpen: () => void;
  children: ComponentChildren;
}

function Folded({ label, onOpen, children }: FoldedProps) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  return (
    <>
      <button
        type="button"
        class="link-button fold-button"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => {
          if (!isOpen) onOpen();
          setOpen(!isOpen);
        }}
      >
        {isOpen ? "Show less" : label}
        <Icon name="down" small />
      </button>
      {isOpen && <ul id={id} class="fold">{children}</ul>}
    </>
  );
}

function Line({ item: { title, message, url, timestamp } }: { item: DigestItem }) {
  const link = linkTo(url);
  const words = <Name>{title ?? (message || "(no text)")}</Name>;
  return (
    <li>
      {link === undefined ? <span>{words}</span> : <a {...link}>{words}</a>}
      {timestamp !== undefined && (
        <time class="time" dateTime={isoTime(timestamp)}>{listTime(timestamp)}</time>
      )}
    </li>
  );
}
