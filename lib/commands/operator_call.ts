/** Calls the running server as its operator, for commands that manage it. */
import type { Config } from "../configuration.ts";
import { CodedError } from "../base/errors.ts";
import type { Fields } from "../base/fields.ts";
import { localUrl } from "./local_address.ts";
import {
  type ApiAnswer,
  type ApiCall,
  callServer,
  refusedAnswer,
  serverFailure,
} from "./local_api.ts";
import { operatorProofs } from "./operator_proof.ts";

/** Calls the server with each proof that there is, until one is taken. */
export async function askAsOperator(config: Config, call: ApiCall): Promise<Fields> {
  const { bearers, missing } = await operatorProofs(config);
  let answer: ApiAnswer | undefined;
  for (const bearer of bearers) {
    answer = await callServer(config, { ...call, bearer }).catch((cause) => {
      throw serverFailure(config, cause);
    });
    if (answer.status !== 401) break;
  }
  if (answer !== undefined && [200, 201, 204].includes(answer.status)) {
    return { ...(answer.json as object | undefined) };
  }
  if (answer !== undefined && answer.status !== 401) throw refusedAnswer(config, answer);
  throw unproved(config, answer, missing);
}

/** The error that no proof was taken, which says which file or setting would be one. */
function unproved(
  config: Config,
  answer: ApiAnswer | undefined,
  missing: readonly string[],
): CodedError {
  const why = missing.length === 0 ? "" : `: ${missing.join("; ")}`;
  if (answer === undefined) {
    return new CodedError(
      "unavailable",
      `the server at ${localUrl(config)} needs the operator's proof${why}`,
    );
  }
  const { message } = refusedAnswer(config, answer);
  return new CodedError(
    "unavailable",
    `${message} (are APP_DATA_DIR and APP_KEY those of that server?${why.replace(":", "")})`,
  );
}
