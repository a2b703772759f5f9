/** What timing asks of a user: what the user has chosen, and under which key changes of one user run one after the other. */
import type { Decisions } from "../../preferences/decisions.ts";
import type { Decision } from "../../preferences/types.ts";
import type { Notification } from "../store/store.ts";

/** What the user and the application have chosen for such a notification. It is no promise where that is known here. */
export function decide(
  decisions: Decisions,
  { site, user, details }: Pick<Notification, "site" | "user" | "details">,
  now: number,
): Decision | Promise<Decision> {
  const { kind, critical, topic, priority } = details ?? {};
  return decisions.decide({
    ...{ site, user, critical: critical === true },
    ...(typeof kind === "string" && { kind }),
    ...(typeof topic === "string" && { topic }),
    ...(typeof priority === "number" && { priority }),
  }, now);
}

/** What runs one after the other for a user. */
export function timingKey({ site, user }: Pick<Notification, "site" | "user">): string {
  return `timing\n${site}\n${user}`;
}
