/**
 * The routes that make, change, show and delete rooms while the server runs, and put users out of them, on all nodes at once.
 * An answer means that the change is stored and that every node was told of it. A key reaches the rooms of its own site alone.
 */
import { CodedError } from "../../base/errors.ts";
import { type Fields, identifier, invalid, type UserId, userIdField } from "../../base/fields.ts";
import type { Limits } from "../../base/sizes.ts";
import type { Broker } from "../../core/broker.ts";
import { roomChannel } from "../../core/channel.ts";
import { pageSize } from "../../core/command_fields.ts";
import type { Call } from "../../http/call.ts";
import { pageFields } from "../../http/list_page.ts";
import type { Route } from "../../http/route.ts";
import type { Rooms } from "../rooms.ts";
import { requireSame } from "../system_fields.ts";
import { isPattern } from "../rules/site_rules.ts";
import { ruleFieldsOf } from "./fields.ts";
import { listRooms, onWire } from "./list.ts";
import type { MadeRooms } from "./made_rooms.ts";
import type { MadeKey, MadeRoom } from "./store.ts";

interface MadeRoutesParts {
  readonly rooms: Rooms;
  readonly made: MadeRooms;
  readonly broker: Broker;
  readonly limits: Limits;
}

export function madeRoutes({ rooms, made, broker, limits }: MadeRoutesParts): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/rooms",
      scope: "manage",
      async run(call) {
        const page = await listRooms({ rooms, made }, siteOf(call), listRequest(call));
        const { next } = page;
        const rest = next === undefined ? {} : { next: encodeURIComponent(next) };
        return { status: 200, json: { rooms: page.rooms, ...rest } };
      },
    },
    {
      method: "GET",
      path: "/rooms/:room",
      scope: "manage",
      async run(call) {
        const key = keyOf(call, siteOf(call));
        const room = made.get(key);
        const users = await usersIn(key);
        if (room === undefined && users === 0) throw notThere(key.pattern);
        return { status: 200, json: onWire({ rooms }, key.pattern, room, users) };
      },
    },
    {
      method: "PUT",
      path: "/rooms/:room",
      scope: "manage",
      async run(call) {
        const fields = await call.fieldsIfAny();
        const key = keyOf(call, call.managedSite(fields));
        for (const field of ["room", "pattern"] as const) {
          requireSame(field, fields, key.pattern);
        }
        const { room, isNew } = await made.put(key, ruleFieldsOf(fields));
        call.audit.roomManaged(call.actor, isNew ? "make" : "change", named(key));
        return { status: isNew ? 201 : 200, json: await shown(room) };
      },
    },
    {
      method: "PATCH",
      path: "/rooms/:room",
      scope: "manage",
      async run(call) {
        const fields = await call.fields();
        const key = keyOf(call, call.managedSite(fields));
        for (const field of ["room", "pattern"] as const) {
          requireSame(field, fields, key.pattern);
        }
        const room = await made.patch(key, ruleFieldsOf(fields));
        call.audit.roomManaged(call.actor, "change", named(key));
        return { status: 200, json: await shown(room) };
      },
    },
    {
      method: "DELETE",
      path: "/rooms/:room",
      scope: "manage",
      async run(call) {
        const key = keyOf(call, call.managedSite({ site: call.query("site") }));
        const channel = roomChannel(key.site, key.pattern);
        const hasMessages = made.get(key) !== undefined && !isPattern(key.pattern);
        // Before and after: if the server dies in between, a room is left whose deletion is asked for once more.
        if (hasMessages) await broker.forget(channel);
        const wasThere = await made.delete(key);
        if (hasMessages) await broker.forget(channel);
        if (wasThere) call.audit.roomManaged(call.actor, "delete", named(key));
        return { status: 204 };
      },
    },
    {
      method: "DELETE",
      path: "/rooms/:room/connections/:user",
      scope: "manage",
      async run(call) {
        const key = keyOf(call, call.managedSite({ site: call.query("site") }));
        const user = userOf(call);
        await made.putOut(key.site, key.pattern, user);
        call.audit.roomManaged(call.actor, "put_out", { ...named(key), user });
        return { status: 204 };
      },
    },
  ];

  function keyOf(call: Call, site: string): MadeKey {
    const pattern = identifier({ room: call.param("room") }, "room", limits.room);
    return { site, pattern };
  }

  function userOf(call: Call): UserId {
    return userIdField({ user_id: call.param("user") }, limits);
  }

  async function usersIn({ site, pattern }: MadeKey): Promise<number> {
    const [users = 0] = await rooms.presence.counts(site, [pattern]);
    return users;
  }

  async function shown(room: MadeRoom): Promise<Fields> {
    return onWire({ rooms }, room.pattern, room, await usersIn(room));
  }
}

/** Callers see their own site; the operator sees any. */
function siteOf(call: Call): string {
  return call.managedSite({ site: call.query("site") });
}

function named({ site, pattern }: MadeKey): { site: string; room: string } {
  return { site, room: pattern };
}

function listRequest(call: Call) {
  const fields = pageFields(call);
  return {
    limit: pageSize(fields),
    after: cursorField(fields),
    pattern: patternField(call.query("pattern")),
    made: madeField(call.query("made")),
  };
}

function cursorField({ cursor }: Fields): string | undefined {
  if (cursor === undefined) return undefined;
  try {
    return decodeURIComponent(String(cursor));
  } catch {
    throw invalid("cursor", cursor, "the 'next' of the page before");
  }
}

function patternField(pattern: string | undefined): string | undefined {
  if (pattern !== "") return pattern;
  throw invalid("pattern", pattern, "a room's name, in which * stands for any text");
}

function madeField(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (text === "true" || text === "false") return text === "true";
  throw invalid("made", text, "true or false");
}

function notThere(room: string): CodedError {
  const name = JSON.stringify(room);
  return new CodedError("not_found", `Room ${name} was not made, and nobody is in it`);
}
