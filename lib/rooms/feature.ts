/** Rooms, as a capability of the server. */
import { roomSockets } from "./socket_api.ts";
import { described } from "../http/openapi/described.ts";
import { roomsApi } from "./api.ts";
import { Questions } from "../asks/questions.ts";
import { Authentication } from "../auth/authentication.ts";
import { auth } from "../auth/settings.ts";
import { redis } from "../engines/redis/settings.ts";
import { RevocationGuard } from "../auth/revocations/guard.ts";
import { Revocations } from "../auth/revocations/revocations.ts";
import type { Feature } from "../feature.ts";
import { roomRefusals } from "./metrics.ts";
import { roomCommands } from "./commands.ts";
import { roomTokensOf } from "./membership.ts";
import { roomKinds } from "./kinds.ts";
import { Rooms } from "./rooms.ts";
import { roomRoutes } from "./routes.ts";
import { rooms as settings } from "./settings.ts";
import { limits, rates } from "../limits/settings.ts";
import { loadRooms } from "./rules/rooms_file.ts";
import { RoomRules } from "./rules/room_rules.ts";
import { PRESENCE_FUNCTIONS } from "./store/functions.ts";
import { openPresence } from "./store/open.ts";
import { RoomData } from "./user_data.ts";

/** @param open opens the store of who is in which room */
export function roomsFeatureWith(open: typeof openPresence) {
  return {
    name: "rooms",
    settings,
    functions: PRESENCE_FUNCTIONS,
    async open({ node, engine, tokens, isOpen, of, use }) {
      const config = of(settings);
      const { rooms } = loadRooms({ rooms: config, auth: of(auth) });
      const rules = new RoomRules(rooms, config.history);
      const presence = await open(engine, { plainFields: of(redis)?.plainFields ?? false });
      const service = new Rooms(node, {
        ...{ rules, proofs: { tokens, isOpen }, presence, limits: of(limits), rates: of(rates) },
        ...{ questions: use(Questions), revocations: use(Revocations) },
      });
      use(RevocationGuard).addTokens(roomTokensOf);
      use(Authentication).takeGuests(() => service.access.takesGuests);
      return {
        services: [service],
        reload: (given) => {
          const next = given(settings);
          const { rooms } = loadRooms({ rooms: next, auth: given(auth) });
          return () => rules.replace(rooms, next.history);
        },
        sockets: roomSockets(of(limits)),
        commands: roomCommands(service),
        routes: described(
          roomRoutes(service, { limits: of(limits), rates: of(rates) }),
          roomsApi(of(limits)),
        ),
        kinds: roomKinds(service.watching),
        connection: {
          changed: (connection, before) => service.changeUser(connection, before),
          closed: (connection) => service.leaveAll(connection),
        },
        restore: service,
        userData: new RoomData(engine.recall),
        refusals: roomRefusals(),
        metrics: service.metrics,
      };
    },
  } satisfies Feature;
}

export const roomsFeature = roomsFeatureWith(openPresence);
