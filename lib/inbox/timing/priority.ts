/** How urgent a notification is. */
import type { Content } from "../../core/publication.ts";
import { USUAL_PRIORITY } from "../details/details.ts";

/** 1 to 5. */
export function priorityOf(details: Content["details"]): number {
  return Number(details?.["priority"] ?? USUAL_PRIORITY);
}
