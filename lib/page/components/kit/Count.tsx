/** How many are unread, as a badge. */

/** A larger number says no more than that it is large. */
const LARGEST = 999;

interface CountProps {
  count: number;
  /** The conversation is muted: the badge is grey. */
  isQuiet?: boolean;
}

export function Count({ count, isQuiet = false }: CountProps) {
  return (
    <span class={isQuiet ? "count count-quiet" : "count"}>
      {shortCount(count)}
      <span class="visually-hidden">{` unread`}</span>
    </span>
  );
}

export function shortCount(count: number): string {
  return count > LARGEST ? `${LARGEST}+` : String(count);
}
