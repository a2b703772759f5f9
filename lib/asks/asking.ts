/** Who asks for something, by the connection on which it is asked for. */
import type { Connection } from "../core/connection.ts";
import type { Asking } from "./questions.ts";

/** @param name that others see */
export function askingOf(connection: Connection, name = connection.name): Asking {
  const { site, identity } = connection;
  return {
    site,
    user: identity?.user ?? connection.requireUser(),
    name: name ?? identity?.name,
    isGuest: identity === undefined || identity.isGuest === true,
  };
}
