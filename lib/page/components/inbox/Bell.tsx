/** The bell with its badge, and the list of notifications behind it. Looking at the list reads what it shows. */
import { useEffect, useState } from "preact/hooks";
import type { State, UserPreferences } from "../../../sdk/mod.ts";
import { usePage, useWatched } from "../../context.ts";
import { ALL_KINDS, ARCHIVE, kindsIn, ofKind, SNOOZED } from "../../../sdk/view/entries.ts";
import type { Notifications } from "../../state/notifications.ts";
import { unreadIds } from "../../../sdk/view/toasts.ts";
import type { Rooms } from "../../state/rooms.ts";
import { Icon } from "../kit/Icon.tsx";
import { panelOf, Popover } from "../kit/Popover.tsx";
import { PushAsk } from "../push/PushAsk.tsx";
import { hasSingleKeys } from "../shell/shortcuts.ts";
import { ArchiveList } from "./ArchiveList.tsx";
import { Filters } from "./Filters.tsx";
import { Offline } from "./Offline.tsx";
import { onInboxKey } from "./inbox_keys.ts";
import { NotificationList } from "./NotificationList.tsx";
import { PreferencesDialog } from "./PreferencesDialog.tsx";
import { SnoozedList } from "./SnoozedList.tsx";

interface BellProps {
  notifications: Notifications;
  preferences: UserPreferences | null;
  rooms: Rooms;
  userId: string;
  connection: State;
}

/** A larger number would not fit the badge. */
const LARGEST_BADGE = 99;

/** How long a notification that was pushed may take to come into the list. */
const COMING_MS = 5000;

/** Shows what is behind the bell, from wherever on the page. */
export function openInbox(): void {
  document.querySelector<HTMLElement>('.bell[aria-expanded="false"]')?.click();
}

/** Shows one of the notifications, once it is there, with the field for its answer where it wants one. */
export function showNotification(id: string, reply?: string): void {
  openInbox();
  const end = performance.now() + COMING_MS;
  const look = () => {
    const item = document.querySelector<HTMLElement>(`[data-notification="${CSS.escape(id)}"]`);
    if (item === null && performance.now() < end) return void requestAnimationFrame(look);
    const field = item?.querySelector<HTMLElement>(`[data-act="${CSS.escape(reply ?? "")}"]`);
    item?.scrollIntoView({ block: "nearest" });
    (field ?? item)?.focus();
  };
  look();
}

export function Bell({ notifications, preferences, rooms, userId, connection }: BellProps) {
  const { session, storage } = usePage();
  const isWatched = useWatched();
  const [isOpen, setOpen] = useState(false);
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());
  const [isChoosing, setChoosing] = useState(false);
  const [chosen, setView] = useState(ALL_KINDS);
  const { unread, list, snoozed } = notifications;
  const kinds = kindsIn(list, (id) => fresh.has(id));
  // The last one of a kind may have gone.
  const isPutAway = chosen === SNOOZED || chosen === ARCHIVE;
  const isThere = isPutAway || kinds.some(({ kind }) => kind === chosen);
  const view = isThere ? chosen : ALL_KINDS;
  const shown = { ...notifications, list: isPutAway ? [] : ofKind(list, view) };
  const unseen = Math.max(0, unread - unreadIds(list).length);
  const show = (view: string) => {
    setView(view);
    if (view === ARCHIVE) session.notifications?.loadArchive();
  };

  useEffect(() => {
    const seen = unreadIds(shown.list);
    if (!isOpen || !isWatched || seen.length === 0) return;
    setFresh(new Set([...fresh, ...seen]));
    session.notifications?.read(seen);
  }, [isOpen, isWatched, list, view]);

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
        setView(ALL_KINDS);
        setChoosing(false);
        if (!open) return setFresh(new Set());
        session.preferences?.load();
        session.notifications?.loadSnoozed();
      }}
    >
      {(close) => (
        <div
          class="inbox"
          onKeyDown={(event) => {
            if (!hasSingleKeys(storage)) return;
            if (onInboxKey(event, panelOf(event.currentTarget))) event.preventDefault();
          }}
        >
          <div class="panel-head">
            <h2>Notifications</h2>
            {!isPutAway && <AllButton notifications={shown} isAll={view === ALL_KINDS} />}
            <button
              type="button"
              class="icon-button"
              aria-label="Preferences"
              title="Preferences"
              aria-haspopup="dialog"
              onClick={() => setChoosing(true)}
            >
              <Icon name="gear" />
            </button>
            <button type="button" class="icon-button" aria-label="Close" onClick={close}>
              <Icon name="close" />
            </button>
          </div>
          <Offline connection={connection} isLoaded={notifications.isLoaded} />
          <Filters
            kinds={kinds}
            unread={fresh.size + unseen}
            hasMore={unseen > 0}
            isEmpty={list.length === 0}
            snoozed={snoozed.length}
            view={view}
            preferences={preferences}
            onView={show}
          />
          <PushAsk hasSeen={list.length > 0} />
          {view === SNOOZED
            ? <SnoozedList snoozed={snoozed} />
            : view === ARCHIVE
            ? <ArchiveList notifications={notifications} />
            : (
              <NotificationList
                notifications={notifications}
                preferences={preferences}
                kind={view}
                fresh={fresh}
                rooms={rooms}
                userId={userId}
                onChosen={close}
                onArchive={() => show(ARCHIVE)}
              />
            )}
          {list.length > 0 && !isPutAway && hasSingleKeys(storage) && <KeyHints />}
          {isChoosing && (
            <PreferencesDialog
              preferences={preferences}
              onClose={() => setChoosing(false)}
            />
          )}
        </div>
      )}
    </Popover>
  );
}

interface AllButtonProps {
  notifications: Notifications;
  /** They are of all kinds. */
  isAll: boolean;
}

/** What a reader most likely wants with all of them: to have read the older ones too, or to be done with these. */
function AllButton({ notifications, isAll }: AllButtonProps) {
  const { session } = usePage();
  const { list, unread, hasOlder } = notifications;
  const isAllSeen = !isAll || unread <= unreadIds(list).length;
  if (isAllSeen && list.length === 0) return null;
  const archiveWord = hasOlder || !isAll ? `Archive these ${list.length}` : "Archive all";
  return (
    <button
      type="button"
      class="button button-quiet button-small"
      onClick={({ currentTarget }) => {
        panelOf(currentTarget)?.focus(); // the button will be gone
        if (isAllSeen) session.notifications?.archiveAll(list.map(({ id }) => id));
        else session.notifications?.readAll();
      }}
    >
      {isAllSeen ? archiveWord : "Mark all as read"}
    </button>
  );
}

function KeyHints() {
  return (
    <p class="inbox-keys" aria-hidden="true">
      <kbd>J</kbd>
      <kbd>K</kbd> move <kbd>E</kbd> archive <kbd>H</kbd> snooze
    </p>
  );
}

function Badge({ count }: { count: number }) {
  return (
    <span class="badge" aria-hidden="true" data-testid="bell-badge">
      {count > LARGEST_BADGE ? `${LARGEST_BADGE}+` : count}
    </span>
  );
}
