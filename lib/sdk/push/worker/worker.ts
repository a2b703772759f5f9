/**
 * The service worker that shows notifications while no page is open, served as `/notifyli-push.js`. Other sites import it into a
 * worker of their own: it hears pushes of notifyli's server alone, and leaves all others to them.
 */
import { answer } from "./answers.ts";
import { open } from "./opening.ts";
import { ownData, readPush } from "./payload.ts";
import { renew } from "./renewing.ts";
import { type ClickEvent, type PushEvent, scope } from "./scope.ts";
import { close, show, showAgain } from "./showing.ts";

const NOT_SENT = "Not sent: try again";

scope.addEventListener("push", (event) => {
  const pushed = readPush(jsonIn(event));
  if (pushed === undefined) return;
  event.waitUntil(
    "show" in pushed ? show(pushed.show) : close(pushed.close.close, pushed.close.badge),
  );
});

scope.addEventListener("notificationclick", (event) => {
  const own = ownData(event.notification);
  if (own === undefined) return;
  event.notification.close();
  event.waitUntil(clicked(event, own));
});

scope.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(renew(event.newSubscription));
});

async function clicked(
  { action, reply, notification }: ClickEvent,
  own: NonNullable<ReturnType<typeof ownData>>,
): Promise<void> {
  const { id, url, navigate, data } = own;
  const chosen = own.actions?.find((each) => each.id === action);
  const opened = {
    id,
    ...(url !== undefined && { url }),
    ...(data !== undefined && { data }),
  };
  if (chosen === undefined) {
    await Promise.all([open(opened, navigate), answer(own, { do: "read" })]);
    return;
  }
  const deed = { do: "act", action: chosen.id } as const;
  if (chosen.type === "view") {
    const to = { id, ...(chosen.url !== undefined && { url: chosen.url }) };
    await Promise.all([open(to, chosen.url), answer(own, deed)]);
    return;
  }
  const isAsked = chosen.type === "reply" && !reply;
  if (isAsked) return await open({ ...opened, reply: chosen.id }, navigate);
  const isTaken = await answer(own, reply ? { ...deed, text: reply } : deed);
  if (!isTaken) await showAgain(notification, NOT_SENT);
}

function jsonIn({ data }: PushEvent): unknown {
  try {
    return data?.json();
  } catch {
    return undefined; // a text of somebody else's
  }
}
