/** Until when a notification may be put off, on the clock of this device. */

export interface SnoozeChoice {
  readonly label: string;
  readonly icon: "clock" | "sun" | "moon" | "desk";
  readonly until: Date;
}

/** Four choices, the soonest first; no two of them are the same time. */
export function snoozeChoices(now: Date): SnoozeChoice[] {
  const hour = now.getHours();
  const later: SnoozeChoice = hour < 12
    ? { label: "This afternoon", icon: "sun", until: dayAt(now, 0, 14) }
    : hour < 17
    ? { label: "This evening", icon: "sun", until: dayAt(now, 0, 19) }
    : { label: "In 3 hours", icon: "sun", until: new Date(now.getTime() + 3 * 3_600_000) };
  // On a Sunday, tomorrow is a choice of its own.
  const toMonday = (8 - now.getDay()) % 7 || 7;
  return [
    { label: "In 1 hour", icon: "clock", until: new Date(now.getTime() + 3_600_000) },
    later,
    { label: "Tomorrow morning", icon: "moon", until: dayAt(now, 1, 9) },
    { label: "Next week", icon: "desk", until: dayAt(now, toMonday === 1 ? 8 : toMonday, 9) },
  ];
}

function dayAt(now: Date, days: number, hour: number): Date {
  const time = new Date(now);
  time.setDate(time.getDate() + days);
  time.setHours(hour, 0, 0, 0);
  return time;
}

/** A time as a field for day and time has it, which knows no zone. */
export function fieldTime(time: Date): string {
  const here = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return here.toISOString().slice(0, 16);
}
