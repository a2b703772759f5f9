/** The names that a conversation knows, by user id. */
import type { Contact, ConversationInfo, User } from "../../../sdk/mod.ts";
import type { Identity } from "../../session/identity.ts";

export function namesOf(
  members: readonly User[] = [],
  info: ConversationInfo | undefined,
  contacts: readonly Contact[] | null,
  me: Identity,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { userId, name } of contacts ?? []) names.set(userId, name);
  if (info?.with !== undefined) names.set(info.with.userId, info.with.name);
  for (const { userId, name } of members) names.set(userId, name);
  if (!names.has(me.user_id)) names.set(me.user_id, me.name);
  return names;
}
