/** What a caller of the HTTP API may do: each API key has scopes, and each route names the one that it needs. */

/** All scopes, in the order in which help, lists and messages name them. */
export const SCOPES = [
  "publish",
  "read",
  "manage",
  "chat:read",
  "chat:write",
  "files:read",
  "files:write",
] as const;

export type Scope = typeof SCOPES[number];

export function isScope(value: unknown): value is Scope {
  return SCOPES.some((scope) => scope === value);
}
