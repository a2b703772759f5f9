/** The bell with its badge, and the list of notifications behind it. Looking at the list reads it. */
import { useEffect, useState } from "preact/hooks";
import { usePage } from "../context.ts";
import { type Notices, unreadCount } from "../notices.ts";
import type { Rooms } from "../rooms.ts";
import { Icon } from "./Icon.tsx";
import { NoticeList } from "./NoticeList.tsx";
import { Popover } from "./Popover.tsx";

interface BellProps {
  notices: Notices;
  rooms: Rooms;
  userId: string;
}

/** A larger number would not fit the badge. */
const LARGEST_BADGE = 99;

export function Bell({ notices, rooms, userId }: BellProps) {
  const { session, dispatch } = usePage();
  const [isOpen, setOpen] = useState(false);
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());
  const unread = unreadCount(notices);

  useEffect(() => {
    if (!isOpen || unread === 0) return;
    const unreadIds = notices.filter(({ read }) => !read).map(({ id }) => id);
    setFresh(new Set([...fresh, ...unreadIds]));
    dispatch({ type: "all_notices_read" });
  }, [isOpen, unread]);

  return (
    <Popover
      buttonLabel={unread === 0 ? "Notifications" : `Notifications, ${unread} unread`}
      buttonClass="icon-button bell"
      button={
        <>
          <Icon name="bell" />
          {unread > 0 && <Badge count={unread} />}
        </>
      }
      panelLabel="Notifications"
      panelClass="notices"
      onOpenChange={(open) => {
        setOpen(open);
        if (!open) setFresh(new Set());
      }}
    >
      {(close) => (
        <>
          <div class="panel-head">
            <h2>Notifications</h2>
            {notices.length > 0 && (
              <button
                type="button"
                class="button button-quiet button-small"
                onClick={() => session.clearNotices()}
              >
                Clear all
              </button>
            )}
            <button type="button" class="icon-button" aria-label="Close" onClick={close}>
              <Icon name="close" />
            </button>
          </div>
          <NoticeList
            notices={notices}
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

function Badge({ count }: { count: number }) {
  return (
    <span class="badge" aria-hidden="true" data-testid="bell-badge">
      {count > LARGEST_BADGE ? `${LARGEST_BADGE}+` : count}
    </span>
  );
}
