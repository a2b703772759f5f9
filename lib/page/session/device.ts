/** What this browser is, for the people who see with what one is there, and whether somebody is at it. */
import type { Device, KeyValueStore } from "../../sdk/mod.ts";
import { newMessageId } from "../../sdk/core/ids.ts";

const KEY = "notifyli.device";

/** So long without a key or a pointer, and nobody is at the device. */
const AWAY_AFTER_MS = 5 * 60_000;

const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel", "focus"] as const;

/** The same browser is the same device, also after it was closed. */
export function thisDevice(store: KeyValueStore): Device {
  const kept = store.getItem(KEY) ?? "";
  const id = /^[\w-]{8,64}$/.test(kept) ? kept : newMessageId();
  if (id !== kept) store.setItem(KEY, id);
  return { id, platform: platformOf(navigator.userAgent) };
}

function platformOf(agent: string): string {
  if (/iPhone|iPad/.test(agent)) return "ios";
  return /Android/.test(agent) ? "android" : "web";
}

/** Tells when nobody has touched the page for a while, and when somebody is back. The answer ends that. */
export function watchAway(tell: (isAway: boolean) => void): () => void {
  let isAway = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const change = (next: boolean) => {
    if (next === isAway) return;
    isAway = next;
    tell(isAway);
  };
  const touched = () => {
    clearTimeout(timer);
    timer = setTimeout(() => change(true), AWAY_AFTER_MS);
    change(false);
  };
  touched();
  for (const sign of SIGNS) addEventListener(sign, touched, { passive: true, capture: true });
  return () => {
    clearTimeout(timer);
    for (const sign of SIGNS) removeEventListener(sign, touched, { capture: true });
  };
}
