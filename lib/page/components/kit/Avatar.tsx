/** Who or what it is: a picture, the initials on a colour of their own, or a sign; and, of people, whether they are there. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { UserPresence } from "../../../sdk/mod.ts";
import { colorOf, initials } from "../../../sdk/view/text.ts";
import { Icon, type IconName } from "./Icon.tsx";

/** The number of colours that `styles/marks.css` has classes for. */
const COLORS = 8;

type Size = "small" | "large" | "list";

interface AvatarProps {
  userId: string;
  name: string;
  picture?: string;
  size?: Size;
  status?: UserPresence["status"];
}

export function Avatar({ userId, name, picture, size, status }: AvatarProps) {
  return (
    <span class={`avatar avatar-${colorOf(userId, COLORS)} ${sizeClass(size)}`} aria-hidden="true">
      <Picture picture={picture}>{initials(name)}</Picture>
      {(status === "online" || status === "away") && <span class={`presence presence-${status}`} />}
    </span>
  );
}

/** A group or a room. */
export function SignAvatar(
  { icon, picture, size }: { icon: IconName; picture?: string; size?: Size },
) {
  return (
    <span class={`avatar avatar-sign ${sizeClass(size)}`} aria-hidden="true">
      <Picture picture={picture}>
        <Icon name={icon} />
      </Picture>
    </span>
  );
}

function Picture({ picture, children }: { picture?: string; children: ComponentChildren }) {
  const [failed, setFailed] = useState("");
  if (picture === undefined || picture === failed || !isShown(picture)) return <>{children}</>;
  return <img src={picture} alt="" loading="lazy" onError={() => setFailed(picture)} />;
}

/** The page loads nothing from other sites, so that none learns who looks; its headers see to that, too. */
function isShown(picture: string): boolean {
  if (picture.startsWith("data:image/")) return true;
  return URL.canParse(picture, location.href) &&
    new URL(picture, location.href).origin === location.origin;
}

function sizeClass(size: Size | undefined): string {
  return size === undefined ? "" : `avatar-${size}`;
}
