/** The commands that are version 2's own: a client introduces itself, and asks whether the server is there. */
import { identityData } from "../../auth/commands.ts";
import { claimedUser, type Fields, optionalName, type UserId } from "../../base/fields.ts";
import { unixSeconds } from "../../base/times.ts";
import { VERSION } from "../../base/version.ts";
import { type Command, command, weighed } from "../../core/command.ts";
import { positionField } from "../../core/command_fields.ts";
import type { Connection } from "../../core/connection.ts";
import { NOWHERE, type Position } from "../../core/publication.ts";
import type { InboxDelivery } from "../../inbox/delivery.ts";
import { inboxFor } from "../../inbox/guest_inbox.ts";
import type { InboxService } from "../../inbox/inbox.ts";
import type { InboxSync } from "../../inbox/store/store.ts";
import { syncData, workOf } from "../../inbox/wire.ts";
import { type Device, deviceField } from "../../presence/device.ts";
import type { UserPresence } from "../../presence/user_presence.ts";

interface Connect {
  readonly user: UserId;
  readonly name?: string;
  /** How far the client has come in its user's inbox. */
  readonly since?: Position;
  /** Where the client runs. */
  readonly device?: Device;
}

export interface IntroductionParts {
  readonly inbox: InboxService;
  readonly delivery: InboxDelivery;
  readonly presence: UserPresence;
  /** After so many seconds a silent client is pinged. */
  readonly keepaliveSeconds: number;
  logFailure(what: string, error: unknown): void;
}

export function introductionCommands(parts: IntroductionParts): Command[] {
  return [
    weighed(command("connect", connectFields, async (connection, asked) => {
      const own = parts.delivery.of(connection);
      try {
        const { data, sync } = await connect(connection, asked, parts);
        const ids = sync.notifications.map(({ id }) => id);
        // Where the client asked for no answer, it was given nothing.
        return { data, sent: (isTold) => own.releaseInbox(isTold ? ids : [], sync) };
      } catch (error) {
        own.releaseInbox([], NOWHERE);
        throw error;
      }
    })),
    command("ping", () => {}, () => ({ data: { timestamp: unixSeconds() } })),
  ];
}

function connectFields(fields: Fields, { limits, identity }: Connection): Connect {
  return {
    user: claimedUser(fields, limits, identity?.user),
    name: optionalName(fields, "name", limits.name),
    since: positionField(fields, "inbox"),
    device: deviceField(fields),
  };
}

async function connect(
  connection: Connection,
  { user, name, since, device }: Connect,
  parts: IntroductionParts,
): Promise<{ data: unknown; sync: InboxSync }> {
  const inbox = inboxFor(connection, parts.inbox);
  const { site, identity, id } = connection;
  connection.identify(user, name);
  if (device !== undefined) parts.presence.setDevice(connection, device);
  await parts.delivery.open(connection, user);
  const sync = await inbox.sync(site, user, since);
  connection.charge(workOf(connection, sync.notifications));
  if (since !== undefined && since.epoch === sync.epoch) {
    // The client has all up to its position, and its word for that may have been lost with its last connection.
    inbox.acknowledgeUpTo(site, user, since.offset)
      .catch((error) => parts.logFailure("acknowledgement", error));
  }
  const { unread, ...rest } = sync;
  const data = {
    client_id: id,
    ...identityData(identity, user),
    version: VERSION,
    ping: parts.keepaliveSeconds,
    unread,
    inbox: syncData(connection, rest),
  };
  return { data, sync };
}
