/** A finger that goes sideways: towards where lines begin it means the next picture, as one turns the pages of a book. */
import type { TargetedTouchEvent } from "preact";
import { useRef } from "preact/hooks";

/** A finger that moves so far sideways, and less up or down, means it. */
const SWIPE_PX = 60;

/** A page that is larger than the screen is moved about by one finger. */
const UNZOOMED = 1.01;

/** Handlers for the element. @param onSwipe gets 1 for the next one, -1 for the one before */
export function useSwipe(onSwipe: (step: 1 | -1) => void) {
  const from = useRef<Touch | undefined>(undefined);
  return {
    onTouchStart({ touches }: TargetedTouchEvent<HTMLElement>) {
      const isZoomed = (globalThis.visualViewport?.scale ?? 1) > UNZOOMED;
      from.current = touches.length === 1 && !isZoomed ? touches[0] : undefined;
    },
    onTouchCancel() {
      from.current = undefined;
    },
    onTouchEnd({ touches, changedTouches, currentTarget }: TargetedTouchEvent<HTMLElement>) {
      const [start, end] = [from.current, changedTouches[0]];
      from.current = undefined;
      if (start === undefined || end === undefined || touches.length > 0) return;
      const [right, down] = [end.clientX - start.clientX, end.clientY - start.clientY];
      if (Math.abs(right) < SWIPE_PX || Math.abs(right) < Math.abs(down)) return;
      const isTurned = currentTarget.matches(":dir(rtl)");
      onSwipe((right > 0) === isTurned ? 1 : -1);
    },
  };
}
