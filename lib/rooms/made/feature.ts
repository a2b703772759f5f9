/** Rooms that are made while the server runs, as a capability of the server. */
import { described } from "../../http/openapi/described.ts";
import { broadcastApi, madeRoomsApi } from "./api.ts";
import type { Feature } from "../../feature.ts";
import { limits, rates } from "../../limits/settings.ts";
import { Rooms } from "../rooms.ts";
import { Broadcasts } from "./broadcast.ts";
import { broadcastRoutes } from "./broadcast_routes.ts";
import { MADE_FUNCTIONS } from "./functions.ts";
import { RoomLeaving } from "./leaving.ts";
import { MadeRooms } from "./made_rooms.ts";
import { openMadeRoomStore } from "./open.ts";
import { madeRoutes } from "./routes.ts";
import { madeRooms as settings } from "./settings.ts";
import { MADE_ROOMS_SQL } from "./sqlite.ts";

export const madeRoomsFeature = {
  name: "made_rooms",
  settings,
  sql: MADE_ROOMS_SQL,
  moves: async () => (await import("./moves.ts")).MADE_ROOMS_MOVES,
  functions: MADE_FUNCTIONS,
  async open({ node, engine: { storage, broker }, isOpen, of, use }) {
    const rooms = use(Rooms);
    // The store calls back only once the engine runs, and `leaving` is there by then.
    const store = await openMadeRoomStore(storage, (change) => leaving.take(change));
    const made = new MadeRooms({
      ...{ store, rules: rooms.rules, limits: of(settings) },
      hasTokens: !isOpen,
    });
    const leaving = new RoomLeaving(node, rooms, made);
    const broadcasts = new Broadcasts({ node, rooms, made });
    return {
      services: [made, broadcasts],
      routes: described([
        ...madeRoutes({ rooms, made, broker, limits: of(limits) }),
        ...broadcastRoutes(broadcasts, { limits: of(limits), rates: of(rates) }),
      ], { ...madeRoomsApi(of(limits)), ...broadcastApi(of(limits)) }),
      metrics: [...leaving.metrics, broadcasts.said],
      reload: () => () => leaving.rulesChanged(),
      restoreFirst: leaving,
      whyNotReady: () => leaving.whyNotReady(),
      start: () => leaving.start(),
    };
  },
} satisfies Feature;
