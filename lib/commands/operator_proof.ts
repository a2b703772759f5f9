/** Makes what a subcommand shows to the running server to prove that the operator runs it. */
import { signOperatorToken } from "../auth/operator.ts";
import { readOperatorKey } from "../auth/operator_key.ts";
import type { Config } from "../configuration.ts";
import { CodedError } from "../base/errors.ts";

export interface Proofs {
  /** The proofs, in the order in which they are tried. */
  readonly bearers: readonly string[];
  /** What is missing for further proofs. */
  readonly missing: readonly string[];
}

/**
 * A token signed with `APP_KEY`, one signed with the operator's key, and last the key of `APP_API_KEY`. By the first two, a
 * program that listens at the server's address in its place learns no secret.
 */
export async function operatorProofs(config: Config): Promise<Proofs> {
  const { apiKey } = config.keys;
  const [secret] = config.auth.tokens?.secrets ?? [];
  const { key, fault = "" } = operatorKey(config);
  const secrets = [secret, key].filter((each) => each !== undefined);
  return {
    bearers: [
      ...await Promise.all(secrets.map(signOperatorToken)),
      ...(apiKey === undefined ? [] : [apiKey]),
    ],
    missing: [
      ...(secret === undefined ? ["APP_KEY is not set"] : []),
      ...(key === undefined ? [fault] : []),
      ...(apiKey === undefined ? ["APP_API_KEY is not set"] : []),
    ],
  };
}

function operatorKey({ store: { dataDir } }: Config): { key?: string; fault?: string } {
  try {
    return { key: readOperatorKey(dataDir) };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return { fault: error.message };
  }
}
