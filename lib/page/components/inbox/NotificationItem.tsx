/** One notification behind the bell, or a group of them, and the buttons that put it away. */
import { usePage } from "../../context.ts";
import { calledOf, countOf, type Entry } from "../../../sdk/view/entries.ts";
import { isUrgent } from "../../../sdk/view/toasts.ts";
import { Icon, type IconName } from "../kit/Icon.tsx";
import { panelOf } from "../kit/Popover.tsx";
import { Actions } from "./Actions.tsx";
import { Digest, Group } from "./Digest.tsx";
import { NotificationFiles } from "./NotificationFiles.tsx";
import { NotificationIcon } from "./NotificationIcon.tsx";
import { NotificationText } from "./NotificationText.tsx";
import { focusNeighbour } from "./inbox_keys.ts";
import { SnoozeButton } from "./SnoozeButton.tsx";

interface NotificationItemProps {
  entry: Entry;
  userId: string;
  /** It was unread when the list was opened. */
  isFresh: boolean;
  /** What people call its kind. */
  kind: string | undefined;
  /** Shows the room that it is about, where that is open. */
  onChosen: (() => void) | undefined;
}

export function NotificationItem(
  { entry, userId, isFresh, kind, onChosen }: NotificationItemProps,
) {
  const { session } = usePage();
  const { head } = entry;
  const what = calledOf(head);
  const put = (name: "archive" | "delete", icon: IconName, word: string) => (
    <button
      type="button"
      class="icon-button"
      data-action={name}
      aria-label={`${word} ${what}`}
      title={word}
      onClick={({ currentTarget }) => {
        moveFocus(currentTarget);
        session.notifications?.[name](entry);
      }}
    >
      <Icon name={icon} />
    </button>
  );
  const classes = [
    "notification",
    isFresh ? "notification-fresh" : "",
    isUrgent(head) ? "notification-urgent" : "",
  ];
  return (
    <li
      class={classes.filter((each) => each !== "").join(" ")}
      tabIndex={-1}
      data-notification={head.id}
    >
      <NotificationIcon notification={head} count={countOf(entry)} />
      <div class="notification-body">
        <NotificationText
          notification={head}
          userId={userId}
          isFresh={isFresh}
          kind={kind}
          onChosen={onChosen}
        />
        <NotificationFiles notification={head} />
        <Actions notification={head} />
        <Digest notification={head} />
        <Group entry={entry} />
      </div>
      <div class="notification-actions">
        <SnoozeButton
          entry={entry}
          what={what}
          onSnooze={focusNeighbour}
        />
        {put("archive", "archive", "Archive")}
        {put("delete", "trash", "Delete")}
      </div>
    </li>
  );
}

/** Gives the focus to the same button of a neighbour, or to the list as a whole, before this button is gone. */
function moveFocus(button: HTMLElement): void {
  const item = button.closest(".notification");
  const [next] = [item?.nextElementSibling, item?.previousElementSibling].flatMap((neighbour) =>
    neighbour?.querySelector<HTMLElement>(`[data-action="${button.dataset.action}"]`) ?? []
  );
  (next ?? panelOf(button))?.focus();
}
