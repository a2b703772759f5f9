/** Says whether a server is open, which means that it believes its clients. */

/** What clients prove by who they are. */
export interface ProofConfig {
  /** How tokens are verified; absent where there are none. */
  readonly tokens?: unknown;
  /** Whether an application is asked who clients are. */
  readonly asksWho?: boolean;
}

/** Whether the server has neither tokens nor an application to ask, and believes anyone about who they are. */
export function isOpenServer({ tokens, asksWho = false }: ProofConfig): boolean {
  return tokens === undefined && !asksWho;
}
