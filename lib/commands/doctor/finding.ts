/** What `notifyli doctor` finds. */

export interface Finding {
  /** What it is about, such as "Redis". */
  readonly about: string;
  /** "ok": well; "note": to be known, and not wrong; "warning": it may become wrong; "error": it is wrong. */
  readonly level: "ok" | "note" | "warning" | "error";
  /** One sentence. */
  readonly text: string;
  /** How it is mended; absent where there is nothing to mend. */
  readonly mend?: string;
}

/** Makes findings about one thing. */
export function findings(about: string) {
  const made: Finding[] = [];
  return {
    made,
    ok: (text: string) => void made.push({ about, level: "ok", text }),
    note: (text: string) => void made.push({ about, level: "note", text }),
    warning: (text: string, mend: string) =>
      void made.push({ about, level: "warning", text, mend }),
    error: (text: string, mend: string) => void made.push({ about, level: "error", text, mend }),
  };
}

/** Clocks that differ by more than this are told of, and by more than that are wrong: tokens and schedules go by them. */
const SKEW_WARNED_MS = 2000;
const SKEW_WRONG_MS = 60_000;

/** Compares a clock with this machine's. @param askedAt when it was asked, before the answer came */
export function compareClock(
  found: ReturnType<typeof findings>,
  theirs: number,
  askedAt: number,
): void {
  const now = Date.now();
  // The answer was made at some moment between the question and now.
  const skew = theirs < askedAt ? theirs - askedAt : Math.max(0, theirs - now);
  const seconds = (Math.abs(skew) / 1000).toFixed(1);
  const text = `its clock is ${seconds} s ${skew < 0 ? "behind" : "ahead of"} this machine's`;
  const mend = "have both set their clocks by NTP, such as with chrony or systemd-timesyncd";
  if (Math.abs(skew) > SKEW_WRONG_MS) found.error(text, mend);
  else if (Math.abs(skew) > SKEW_WARNED_MS) found.warning(text, mend);
  else found.ok("its clock is this machine's");
}
