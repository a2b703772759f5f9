/** The device at which a client runs, as the client says when it introduces itself. */
import { type Fields, identifier, invalid, optionalName } from "../base/fields.ts";
import type { Connection } from "../core/connection.ts";
import { Slot } from "../core/slot.ts";

/** Most characters of each of a device's fields. */
const MOST_CHARACTERS = 64;

export interface Device {
  /** The client's own name for the device, which all of its connections give. */
  readonly id: string;
  /** What others may see, such as `ios` or `web`. */
  readonly platform?: string;
  readonly appVersion?: string;
}

/** What a client has said of itself, whoever its user is. */
interface Said {
  readonly device?: Device;
  /** Since when it says that the user is away, in Unix milliseconds. */
  readonly away?: number;
}

const SAID = new Slot<Said>();
const NOTHING: Said = Object.freeze({});

export function saidBy(connection: Connection): Said {
  return SAID.of(connection) ?? NOTHING;
}

/** Notes what a client says of itself anew. */
export function noteSaid(connection: Connection, said: Said): void {
  SAID.set(connection, { ...saidBy(connection), ...said });
}

/** `device`, optional: `{"id":"phone-1","platform":"ios","app_version":"3.2"}`. Throws a `CodedError`. */
export function deviceField({ device }: Fields): Device | undefined {
  if (device === undefined || device === null) return undefined;
  if (typeof device !== "object" || Array.isArray(device)) {
    throw invalid("device", device, 'an object such as {"id":"phone-1","platform":"ios"}');
  }
  return deviceIn(device as Fields, "device.");
}

/** The same in the query of a stream: `device_id`, `platform` and `app_version`. */
export function deviceInQuery(query: URLSearchParams): Device | undefined {
  const id = query.get("device_id");
  if (id === null || id === "") return undefined;
  return deviceIn({
    ...{ device_id: id, platform: query.get("platform"), app_version: query.get("app_version") },
  }, "");
}

/** @param prefix of the fields' names in errors; without one, the id's name is `device_id` */
function deviceIn(fields: Fields, prefix: "device." | ""): Device {
  const named = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [prefix + name, value]),
  );
  const id = prefix === "" ? "device_id" : "device.id";
  const optional = (name: string) => short(named, prefix + name);
  const [platform, appVersion] = [optional("platform"), optional("app_version")];
  return {
    id: identifier(named, id, MOST_CHARACTERS),
    ...(platform !== undefined && { platform }),
    ...(appVersion !== undefined && { appVersion }),
  };
}

function short(fields: Fields, name: string): string | undefined {
  return optionalName(fields, name, MOST_CHARACTERS);
}
