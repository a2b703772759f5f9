/** What whatever was thrown says of itself, for a log or a longer message. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
