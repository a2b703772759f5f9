/**
 * The bell, and all that is behind it: the same `<notifyli-inbox>` that other sites have, over the page's own connection, with
 * what is the page's alone in its slots.
 */
import type { Notification } from "../../../sdk/mod.ts";
import type { NotifyliInbox, OpenDetail, Router } from "../../../sdk/element/notifyli_inbox.ts";
import { serverAddress } from "../../address.ts";
import { usePage } from "../../context.ts";
import { curlLine } from "../../recipes.ts";
import { conversationIn, placeAt } from "../../session/notification_places.ts";
import type { Session } from "../../session/session.ts";
import { hasRoom, type Rooms } from "../../state/rooms.ts";
import { CopyLine } from "../kit/CopyLine.tsx";
import { Icon } from "../kit/Icon.tsx";
import { PushAsk } from "../push/PushAsk.tsx";
import { PushSettings } from "../push/PushSettings.tsx";
import { hasSingleKeys } from "../shell/shortcuts.ts";
import { InboxElement } from "./inbox_element.ts";

/** How long the page may take to be there when somebody clicks what the system showed. */
const COMING_MS = 5_000;

/** Shows one of the notifications, once it is there, with the field for its answer where it wants one. */
export function showNotification(id: string, reply?: string): void {
  const end = performance.now() + COMING_MS;
  const look = () => {
    const inbox = document.querySelector<NotifyliInbox>("notifyli-inbox");
    if (inbox !== null) void inbox.show(id, reply);
    else if (performance.now() < end) requestAnimationFrame(look);
  };
  look();
}

export function Inbox({ rooms, userId }: { rooms: Rooms; userId: string }) {
  const { session, storage } = usePage();
  return (
    <InboxElement
      client={session.client}
      router={routerOf(session)}
      toasts
      read-shown
      keys={hasSingleKeys(storage) ? "on" : "off"}
      onnotifyli-open={(event: CustomEvent<OpenDetail>) => {
        const { notification, url } = event.detail;
        if (url === undefined && opens(notification, session, rooms)) event.preventDefault();
      }}
    >
      <span slot="bell" class="rail-bell">
        <Icon name="bell" />
        <span class="rail-word">Inbox</span>
      </span>
      <div slot="top">
        <PushAsk />
      </div>
      <div slot="empty" class="inbox-first">
        <p>Send yourself a notification from any terminal:</p>
        <CopyLine label="curl command" line={curlLine(serverAddress(), userId)} />
      </div>
      <div slot="preferences">
        <PushSettings />
      </div>
    </InboxElement>
  );
}

/** Places of the page are shown in it; all else of this site has a tab of its own, so that the page stays as it is. */
function routerOf(session: Session): Router {
  return (url) => {
    const place = placeAt(url);
    if (place === undefined) open(url, "_blank", "noopener");
    else session.go(place);
    return place === undefined;
  };
}

/** Shows what a notification without an address is about, where that is in the page. */
function opens({ data, room }: Notification, session: Session, rooms: Rooms): boolean {
  const conversation = conversationIn(data);
  if (conversation !== undefined) session.go({ kind: "conversation", id: conversation });
  else if (hasRoom(rooms, room)) session.activateRoom(room);
  else return false;
  return true;
}
