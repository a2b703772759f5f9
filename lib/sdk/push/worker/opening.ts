/** Opens what a notification that was clicked is about: in a tab of its user, which is told, or in a new one. */
import { readKept } from "../kept.ts";
import type { Asked, OpenedNotification } from "../opened.ts";
import { scope, type Tab } from "./scope.ts";

/** How long a tab has to answer; one that is frozen in the background does not. */
const ANSWER_MS = 1000;
/** How long a new tab has to come up, and how often it is asked meanwhile. */
const COMING_MS = 15_000;
const AGAIN_MS = 250;

export async function open(
  opened: OpenedNotification,
  navigate: string | undefined,
): Promise<void> {
  const { registration: { scope: home }, clients } = scope;
  const kept = await readKept(home);
  const told = kept && { user: kept.user, server: kept.server };
  const url = new URL(navigate ?? "./", home).href;
  // A tab could not open another site's page without a click of its own.
  if (new URL(url).origin !== new URL(home).origin) return void await clients.openWindow(url);
  const tabs = await clients.matchAll({ type: "window", includeUncontrolled: true });
  if (told !== undefined) {
    const answers = await Promise.all(tabs.map((tab) => asked(tab, told)));
    const tab = tabs.find((_, index) => answers[index]);
    if (tab !== undefined) {
      const front = await tab.focus().catch(() => tab); // the browser may not let it come to the front
      if (await asked(front, { ...told, open: opened })) return;
    }
  }
  const there = tabs.find((tab) => tab.url === url);
  const tab = there === undefined ? await clients.openWindow(url) : await there.focus();
  // Where its address says what it is about, there is nothing more to tell.
  const isTold = opened.url !== undefined && opened.reply === undefined;
  if (isTold || told === undefined || tab === null) return;
  for (const end = Date.now() + COMING_MS; Date.now() < end;) {
    if (await asked(tab, { ...told, open: opened })) return;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** Whether the tab is of the notification's user, and takes it. */
function asked(tab: Tab, notifyli: Asked["notifyli"]): Promise<boolean> {
  const { port1, port2 } = new MessageChannel();
  return new Promise<boolean>((resolve) => {
    port1.onmessage = () => resolve(true);
    setTimeout(() => resolve(false), ANSWER_MS);
    tab.postMessage({ notifyli } satisfies Asked, [port2]);
  }).finally(() => port1.close());
}
