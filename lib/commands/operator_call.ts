/** Calls the running server as its operator, for commands that manage it. */
import type { IncomingMessage } from "node:http";
import type { Config } from "../configuration.ts";
import { CodedError } from "../base/errors.ts";
import type { Fields } from "../base/fields.ts";
import { localUrl } from "./local_address.ts";
import {
  type ApiAnswer,
  type ApiCall,
  readJson,
  refusedAnswer,
  sendTo,
  serverFailure,
} from "./local_api.ts";
import { operatorProofs } from "./operator_proof.ts";

/** The statuses of what was done, or is under way. */
const DONE = [200, 201, 202, 204];

/** Calls the server with each proof that there is, until one is taken. */
export async function askAsOperator(config: Config, call: ApiCall): Promise<Fields> {
  const message = await openAsOperator(config, call);
  return { ...(await readJson(message) as object | undefined) };
}

/** As {@linkcode askAsOperator}, but resolves when the answer begins, for one that may be very long. */
export async function openAsOperator(config: Config, call: ApiCall): Promise<IncomingMessage> {
  const { bearers, missing } = await operatorProofs(config);
  let answer: ApiAnswer | undefined;
  for (const bearer of bearers) {
    const message = await sendTo(config, { ...call, bearer }).catch((cause) => {
      throw serverFailure(config, cause);
    });
    const status = message.statusCode ?? 0;
    if (DONE.includes(status)) return message;
    answer = { status, json: await readJson(message) };
    if (status !== 401) break;
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
