/** How much room there is. `styles/shell.css` has the same widths. */
import { useEffect, useState } from "preact/hooks";

/** One pane at a time. */
const NARROW = "(width < 768px)";
/** The details stand beside the conversation. */
const WIDE = "(width >= 1200px)";

export function isNarrow(): boolean {
  return matchMedia(NARROW).matches;
}

export function isWide(): boolean {
  return matchMedia(WIDE).matches;
}

export function useNarrow(): boolean {
  return useMedia(NARROW);
}

export function useWide(): boolean {
  return useMedia(WIDE);
}

/** Whether there is something to point with, so that a focused field brings no keyboard up. */
export function hasPointer(): boolean {
  return matchMedia("(hover: hover)").matches;
}

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const follow = () => setMatches(media.matches);
    follow();
    media.addEventListener("change", follow);
    return () => media.removeEventListener("change", follow);
  }, [query]);
  return matches;
}
