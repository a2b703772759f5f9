/** What each step of a notification is called, and how it went. */
import type { Step } from "../../api/shapes.ts";

export type Way = "done" | "wait" | "held" | "failed";

interface Face {
  readonly word: string;
  readonly way: Way;
  readonly icon: "check" | "checks" | "clock" | "moon" | "close" | "trash";
}

const FACES: Readonly<Record<string, Face>> = {
  accepted: { word: "Accepted", way: "done", icon: "check" },
  stored: { word: "Stored", way: "done", icon: "check" },
  scheduled: { word: "Scheduled", way: "wait", icon: "clock" },
  held_back: { word: "Held back", way: "held", icon: "moon" },
  published: { word: "Published", way: "done", icon: "check" },
  sent: { word: "Sent", way: "done", icon: "check" },
  acknowledged: { word: "Acknowledged", way: "done", icon: "checks" },
  pushed: { word: "Pushed", way: "done", icon: "check" },
  push_failed: { word: "Push failed", way: "failed", icon: "close" },
  read: { word: "Read", way: "done", icon: "checks" },
  acted: { word: "Acted on", way: "done", icon: "checks" },
  snoozed: { word: "Snoozed", way: "wait", icon: "clock" },
  edited: { word: "Edited", way: "done", icon: "check" },
  deleted: { word: "Deleted by the user", way: "held", icon: "trash" },
  withdrawn: { word: "Withdrawn", way: "held", icon: "trash" },
  expired: { word: "Expired", way: "held", icon: "clock" },
};

export function faceOf({ step, at, why_not }: Step): Face {
  const known = FACES[step];
  const word = known?.word ??
    `${step.slice(0, 1).toUpperCase()}${step.slice(1)}`.replaceAll("_", " ");
  const face = known ?? { word, way: "done", icon: "check" };
  if (face.way === "failed") return face;
  if (why_not !== undefined) {
    return { word, way: "held", icon: face.way === "done" ? "moon" : face.icon };
  }
  return at === undefined ? { word, way: "wait", icon: "clock" } : face;
}
