/** The devices that somebody is here with, as signs with a word; each kind once. */
import type { IconName } from "../kit/Icon.tsx";

const PHONES = /^(ios|android|iphone|phone|mobile|tablet|ipad)/i;

export function devicesOf(
  devices: readonly { readonly platform: string }[],
): { icon: IconName; word: string }[] {
  const hasPhone = devices.some(({ platform }) => PHONES.test(platform));
  const hasDesk = devices.some(({ platform }) => !PHONES.test(platform));
  return [
    ...hasDesk ? [{ icon: "desk", word: "Computer" } as const] : [],
    ...hasPhone ? [{ icon: "phone", word: "Phone" } as const] : [],
  ];
}
