/** A server in the test's own process, for what a program does not show from outside, such as its routes. */
import { readConfig } from "../../lib/configuration.ts";
import { Server } from "../../lib/server.ts";
import { APP_KEY } from "./tokens.ts";

/** Starts a server with a key: an open one would ask about other programs of this machine. */
export function startHere(): Promise<Server> {
  const { config } = readConfig({
    APP_KEY,
    APP_PORT: "0",
    APP_DATA_DIR: ":memory:",
    APP_REQUEST_SECONDS: "off", // the timer of a body's deadline would outlive the test
  });
  return Server.start(config);
}
