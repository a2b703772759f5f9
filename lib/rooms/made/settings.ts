/** The settings of rooms that are made while the server runs. */
import { limit } from "../../config/kinds.ts";
import { slice } from "../../config/slice.ts";
import type { MadeLimits } from "./made_rooms.ts";

export const madeRooms = slice({
  name: "madeRooms",
  title: "Rooms made while the server runs",
  settings: {
    APP_LIMIT_MADE_ROOMS: {
      default: "10000",
      help: "Rooms, and patterns of rooms, that one site may make while the server runs",
      kind: limit,
    },
    APP_LIMIT_MADE_BYTES: {
      default: "16777216",
      help: "Bytes of the names and fields of these, for one site",
      kind: limit,
    },
  },
  config(read): MadeLimits {
    return {
      rooms: read.value("APP_LIMIT_MADE_ROOMS"),
      bytes: read.value("APP_LIMIT_MADE_BYTES"),
    };
  },
});
