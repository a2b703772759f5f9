/** Who acts in conversations: whose connection it is, or who calls. */
import { CodedError } from "../base/errors.ts";
import { type Fields, optionalName } from "../base/fields.ts";
import type { Limits } from "../base/sizes.ts";
import type { Connection } from "../core/connection.ts";
import type { Call } from "../http/call.ts";
import type { Actor } from "./types.ts";

/** The user of a connection. Throws where it has not said who it is, or is a guest, whom nobody would find again. */
export function actorOf(connection: Connection): Actor {
  const user = connection.requireUser();
  if (connection.isGuest || connection.identity?.isGuest) {
    throw new CodedError(
      "forbidden",
      "Cannot do this as a guest: send 'connect' with the user's id, or a token",
    );
  }
  const { site, name } = connection;
  // Who has said no name is called by the id, which is no name that others should see in its place.
  return { site, user, ...(name !== undefined && name !== user && { name }) };
}

/** Who calls: a user, or an application, which may name the user as whom it acts, and by `from` how it is called. */
export function actorIn(call: Call, fields: Fields, limits: Limits): Actor {
  const isSited = fields["site"] !== undefined || call.query("site") !== undefined;
  if (isSited) call.managedSite(fields); // what is meant for another site is done nowhere
  const acting = call.acting(fields);
  if (call.identity !== undefined) return acting;
  const name = optionalName(fields, "from", limits.name);
  return { ...acting, ...(name !== undefined && { name }) };
}
