/** Shows notifications, and closes those that were read elsewhere. */
import { fetchText } from "./answers.ts";
import { ownData, type Pushed, type PushedAction } from "./payload.ts";
import { scope } from "./scope.ts";

/** The types of pages lack what only workers may say. */
interface Options extends NotificationOptions {
  readonly image?: string;
  readonly timestamp?: number;
  readonly renotify?: boolean;
  readonly actions?: readonly Button[];
}

interface Button {
  readonly action: string;
  readonly title: string;
  readonly type?: "text";
  readonly placeholder?: string;
}

/** The notification stays until somebody does something about it. */
const URGENT = 5;

export async function show(pushed: Pushed): Promise<void> {
  const { notifyli: own } = pushed.data;
  const said = own.cut ? { ...pushed, ...await fetchText(own) } : pushed;
  const { title, body, tag, navigate, icon, image, timestamp, silent = false } = said;
  const options: Options = {
    ...(body !== undefined && { body }),
    ...(tag !== undefined && { tag, renotify: !silent && await isAnother(tag, own.id) }),
    ...(icon !== undefined && { icon: absolute(icon) }),
    ...(image !== undefined && { image: absolute(image) }),
    ...(timestamp !== undefined && { timestamp }),
    silent,
    requireInteraction: own.priority === URGENT,
    actions: (own.actions ?? []).map(buttonOf),
    data: { notifyli: { ...own, ...(navigate !== undefined && { navigate }) } },
  };
  await scope.registration.showNotification(title, options);
  await setBadge(pushed.app_badge);
}

export async function close(ids: readonly string[], badge: number | undefined): Promise<void> {
  for (const each of await scope.registration.getNotifications()) {
    const own = ownData(each);
    if (own !== undefined && ids.includes(own.id)) each.close();
  }
  await setBadge(badge);
}

/**
 * Shows one again whose answer the server has not taken, since a browser takes away what was clicked.
 *
 * @param problem what stands in front of its text
 */
export async function showAgain(notification: Notification, problem: string): Promise<void> {
  const own = ownData(notification);
  const { title, tag, icon, data } = notification;
  const body = notification.body.replace(`${problem}\n`, "");
  const options: Options = {
    body: `${problem}\n${body}`,
    ...{ tag, data },
    ...(icon !== "" && { icon }),
    actions: (own?.actions ?? []).map(buttonOf),
  };
  await scope.registration.showNotification(title, options);
}

async function setBadge(count: number | undefined): Promise<void> {
  const { navigator } = scope;
  if (typeof count !== "number") return;
  try {
    await (count > 0 ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.());
  } catch {
    // The site is not installed.
  }
}

/** Whether another one of the group is shown, so that this one is to be noticed; the same one may come twice. */
async function isAnother(tag: string, id: string): Promise<boolean> {
  const shown = await scope.registration.getNotifications({ tag });
  return shown.length > 0 && shown.every((each) => ownData(each)?.id !== id);
}

function buttonOf({ id, label, type, placeholder }: PushedAction): Button {
  const isReply = type === "reply";
  return {
    ...{ action: id, title: label },
    ...(isReply && { type: "text" }), // a button where the browser has no field
    ...(isReply && placeholder !== undefined && { placeholder }),
  };
}

function absolute(url: string): string {
  return new URL(url, scope.registration.scope).href;
}
