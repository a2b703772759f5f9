/** The bell with its badge, and the list of notifications behind it. Looking at the list reads what it shows. */
import { useEffect, useState } from "preact/hooks";
import { usePage, useWatched } from "../../context.ts";
import { ALL_KINDS } from "../../state/inbox_view.ts";
import { type Notifications, unreadIds } from "../../state/notifications.ts";
import type { Rooms } from "../../state/rooms.ts";
import { Icon } from "../kit/Icon.tsx";
import { NotificationList } from "./NotificationList.tsx";
import { panelOf, Popover } from "../kit/Popover.tsx";

interface BellProps {
  notifications: Notifications;
  rooms: Rooms;
  userId: string;
}

/** A larger number would not fit the badge. */
const LARGEST_BADGE = 99;

export function Bell({ notifications, rooms, userId }: BellProps) {
  const { session } = usePage();
  const isWatched = useWatched();
  const [isOpen, setOpen] = useState(false);
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());
  const { unread } = notifications;

  useEffect(() => {
    const seen = unreadIds(notifications);
    if (!isOpen || !isWatched || seen.length === 0) return;
    setFresh(new Set([...fresh, ...seen]));
    session.notifications?.read(seen);
  }, [isOpen, isWatched, notifications.list]);

  return (
    <Popover
      buttonLabel={unread === 0 ? "Notifications" : `Notifications, ${unread} unread`}
      buttonClass="rail-item bell"
      button={
        <>
          <Icon name="bell" />
          {unread > 0 && <Badge count={unread} />}
          <span class="rail-word" aria-hidden="true">Inbox</span>
        </>
      }
      panelLabel="Notifications"
      panelClass="notifications"
      onOpenChange={(open) => {
        setOpen(open);
        if (!open) setFresh(new Set());
      }}
    >
      {(close) => (
        <>
          <div class="panel-head">
            <h2>Notifications</h2>
            <AllButton notifications={notifications} />
            <button type="button" class="icon-button" aria-label="Close" onClick={close}>
              <Icon name="close" />
            </button>
          </div>
          <NotificationList
            notifications={notifications}
            kind={ALL_KINDS}
            fresh={fresh}
            rooms={rooms}
            userId={userId}
            onChosen={close}
          />
        </>
      )}
    </Popover>
  );
}

/** What a reader most likely wants with all of them: to have read the older ones too, or to be done with these. */
function AllButton({ notifications }: { notifications: Notifications }) {
  const { session } = usePage();
  const { list, unread, hasOlder } = notifications;
  const isAllSeen = unread <= unreadIds(notifications).length;
  if (isAllSeen && list.length === 0) return null;
  const archiveWord = hasOlder ? `Archive these ${list.length}` : "Archive all";
  return (
    <button
      type="button"
      class="button button-quiet button-small"
      onClick={({ currentTarget }) => {
        panelOf(currentTarget)?.focus(); // the button will be gone
        if (isAllSeen) session.notifications?.archive(list.map(({ id }) => id));
        else session.notifications?.readAll();
      }}
    >
      {isAllSeen ? archiveWord : "Mark all as read"}
    </button>
  );
}

function Badge({ count }: { count: number }) {
  return (
    <span class="badge" aria-hidden="true" data-testid="bell-badge">
      {count > LARGEST_BADGE ? `${LARGEST_BADGE}+` : count}
    </span>
  );
}
