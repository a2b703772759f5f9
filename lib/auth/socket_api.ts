/** What the commands are to clients by which they say who they are. */
import { any, flag, object, text } from "../base/schema.ts";
import { at, USER } from "../http/openapi/kit.ts";
import type { SocketAbouts } from "../http/openapi/socket_about.ts";

const SHOWN = {
  token: text("A connection token."),
  credentials: any("What the application is asked about, in place of a token: an object."),
};

export const AUTH_SOCKETS: SocketAbouts = {
  commands: {
    auth: {
      summary: "Prove who the client is, or renew the session",
      fields: object("One of them.", {}, SHOWN),
      answer: object("Who it is.", { user_id: USER }, { expires_at: at("When the session ends.") }),
      example: { token: "TOKEN" },
    },
    identity: {
      summary: "Ask who this connection is, or whose a token is",
      fields: object("One of them, or none.", {}, SHOWN),
      answer: object("Who it is.", { site_id: text("The site.") }, {
        user_id: USER,
        fingerprint: text("Equal for two tokens that say the same."),
        guest: flag("Whether it is a guest."),
        expires_at: at("When the session ends."),
        timestamp: at("The server's time."),
      }),
      example: {},
    },
    pass: {
      summary: "Get what opens the HTTP API for the user of this connection",
      fields: object("Nothing.", {}),
      answer: object("A pass.", {
        pass: text("It is shown as a token is."),
        expires_at: at("When it ends."),
      }),
      example: {},
    },
  },
};
