/** Rooms, as a capability of the server. */
import { RevocationGuard } from "../auth/revocations/guard.ts";
import { Revocations } from "../auth/revocations/revocations.ts";
import type { Feature } from "../feature.ts";
import { roomCommands } from "./commands.ts";
import { roomTokensOf } from "./membership.ts";
import { ROOM_KINDS, Rooms } from "./rooms.ts";
import { RoomRules } from "./rules/room_rules.ts";

export const rooms: Feature = {
  name: "rooms",
  open({ node, engine, tokens, config, roomRules, use }) {
    const rules = new RoomRules(roomRules, config.history);
    const revocations = use(Revocations);
    const service = new Rooms(node, { rules, tokens, presence: engine.presence, revocations });
    use(RevocationGuard).addTokens(roomTokensOf);
    return {
      services: [service],
      commands: roomCommands(service),
      kinds: ROOM_KINDS,
      connection: { closed: (connection) => service.leaveAll(connection) },
      restore: { restore: () => service.restore() },
    };
  },
};
