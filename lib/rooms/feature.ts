/** Rooms, as a capability of the server. */
import { RevocationGuard } from "../auth/revocations/guard.ts";
import { Revocations } from "../auth/revocations/revocations.ts";
import type { Feature } from "../feature.ts";
import { roomCommands } from "./commands.ts";
import { roomTokensOf } from "./membership.ts";
import { ROOM_KINDS, Rooms } from "./rooms.ts";
import { roomRoutes } from "./routes.ts";
import { RoomRules } from "./rules/room_rules.ts";
import { PRESENCE_FUNCTIONS } from "./store/functions.ts";
import { openPresence } from "./store/open.ts";

/** @param open what says who is in which room */
export function roomsFeature(open: typeof openPresence): Feature {
  return {
    name: "rooms",
    functions: PRESENCE_FUNCTIONS,
    async open({ node, engine, tokens, config, roomRules, use }) {
      const rules = new RoomRules(roomRules, config.rooms.history);
      const presence = await open(engine);
      const service = new Rooms(node, { rules, tokens, presence, revocations: use(Revocations) });
      use(RevocationGuard).addTokens(roomTokensOf);
      return {
        services: [service],
        commands: roomCommands(service),
        routes: roomRoutes(service, config.limits),
        kinds: ROOM_KINDS,
        connection: { closed: (connection) => service.leaveAll(connection) },
        restore: { restore: () => service.restore() },
      };
    },
  };
}

export const rooms: Feature = roomsFeature(openPresence);
