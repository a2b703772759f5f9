/** A notification that is not in the inbox, why not, and what brings it back. */
import type { ComponentChildren } from "preact";
import type { Notification } from "../../../sdk/mod.ts";
import { calledOf } from "../../../sdk/view/entries.ts";
import { wordsOf } from "../../../sdk/view/markdown.ts";
import { shownText } from "../../../sdk/view/text.ts";
import { Name } from "../kit/Name.tsx";
import { focusNeighbour } from "./inbox_keys.ts";
import { NotificationIcon } from "./NotificationIcon.tsx";

interface PutAwayProps {
  notification: Notification;
  about: ComponentChildren;
  /** What is said of it instead of a time. */
  time?: ComponentChildren;
  /** The word on the button that brings it back. */
  word: string;
  onBack: () => void;
  children?: ComponentChildren;
}

export function PutAway({ notification, about, time, word, onBack, children }: PutAwayProps) {
  const { name, details = {} } = notification;
  const { title, markdown } = details;
  const text = shownText(notification);
  return (
    <li class="notification" tabIndex={-1}>
      <NotificationIcon notification={notification} />
      <div class="notification-body">
        <h3 class="notification-head">
          <span class="notification-title">
            <Name>{title ?? name}</Name>
          </span>
          {time}
        </h3>
        <p class="notification-message">
          {title !== undefined && (
            <>
              <b class="notification-name">
                <Name>{name}</Name>
              </b>
              {text !== "" && " · "}
            </>
          )}
          <bdi>{markdown === true ? wordsOf(text) : text}</bdi>
        </p>
        {about}
        <div class="notification-acts">
          <button
            type="button"
            class="button button-small"
            aria-label={`${word} ${calledOf(notification)}`}
            onClick={({ currentTarget }) => {
              focusNeighbour(currentTarget);
              onBack();
            }}
          >
            {word}
          </button>
          {children}
        </div>
      </div>
    </li>
  );
}
