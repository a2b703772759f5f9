/**
 * A device with the client library, as a process of its own, so that it can be stopped as a laptop's lid does it.
 * Arguments: URL of the server, user, room. Prints what its handlers get, one JSON of {@linkcode Told} a line.
 */
import { connect } from "../../lib/sdk/mod.ts";

export interface Told {
  readonly kind: "subscribed" | "closed" | "message" | "notification" | "room gap" | "inbox gap";
  /** Of a message or notification its id, of a gap its reason, of a close its code. */
  readonly what: string;
}

if (import.meta.main) {
  const [url = "", userId = "", room = ""] = Deno.args;
  const client = connect({ url, userId });
  const tell = (kind: Told["kind"], what: string) => console.log(JSON.stringify({ kind, what }));
  client.on("notification", ({ id }) => tell("notification", id));
  client.on("gap", ({ reason }) => tell("inbox gap", reason));
  client.on("state", (state) => state.kind === "waiting" && tell("closed", String(state.code)));
  client.on("error", () => {}); // what could not be done now is done later
  const subscription = client.subscribe(room, ({ id }) => tell("message", id));
  subscription.on("gap", ({ reason }) => tell("room gap", reason));
  subscription.on("subscribed", () => tell("subscribed", ""));
}
