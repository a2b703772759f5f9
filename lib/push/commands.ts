/** What clients of version 2 can ask of their user's devices. */
import { CodedError } from "../base/errors.ts";
import { identifier } from "../base/fields.ts";
import { ignoredOf } from "../base/ignored.ts";
import { type Command, command, weighed } from "../core/command.ts";
import type { Connection } from "../core/connection.ts";
import { boundTo } from "./binding.ts";
import type { Owner } from "./device_store.ts";
import type { Devices } from "./devices.ts";
import { ignoredInDevice } from "./fields.ts";
import type { PushProviders } from "./providers/providers.ts";
import { deviceOnWire } from "./wire.ts";

const REMOVE_FIELDS = { id: true, type: true, ref: true } as const;

/** Most characters of a device's id. */
const ID = 64;

export function deviceCommands(
  devices: Devices,
  providers: Pick<PushProviders, "publicKey">,
): Command[] {
  return [
    weighed(command("register_device", (fields) => fields, async (connection, fields) => {
      const registering = { ...ownerOf(connection), boundTo: boundTo(connection.identity) };
      const { device } = await devices.register(registering, fields);
      return { data: { ...deviceOnWire(device), ...ignoredInDevice(fields, ["type", "ref"]) } };
    })),
    command("push_key", () => {}, async () => ({
      data: { public_key: await providers.publicKey() },
    })),
    weighed(command("devices", () => {}, async (connection) => {
      const found = await devices.list(ownerOf(connection));
      return { data: { devices: found.map(deviceOnWire) } };
    })),
    weighed(command(
      "remove_device",
      (fields) => ({ id: identifier(fields, "id", ID), named: ignoredOf(fields, REMOVE_FIELDS) }),
      async (connection, { id, named }) => {
        const removed = await devices.remove({ ...ownerOf(connection), id });
        return { data: { id, removed, ...named } };
      },
    )),
  ];
}

/** Who asks. A guest has no devices, since nobody would ever take them out of the database. */
function ownerOf(connection: Connection): Owner {
  const user = connection.requireUser();
  if (!connection.isGuest && !connection.identity?.isGuest) return { site: connection.site, user };
  throw new CodedError(
    "forbidden",
    "Cannot do this as a guest: send 'connect' with the user's id, or a token",
  );
}
