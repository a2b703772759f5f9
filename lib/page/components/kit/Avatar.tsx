/** A user's initials on a colour of their own. */
import { colorOf, initials } from "../../text.ts";

/** The number of colours that `styles/marks.css` has classes for. */
const COLORS = 8;

export function Avatar({ userId, name }: { userId: string; name: string }) {
  return (
    <span class={`avatar avatar-${colorOf(userId, COLORS)}`} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
