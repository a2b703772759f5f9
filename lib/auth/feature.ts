/** Tokens by which connections prove who they are, as a capability of the server. */
import type { Feature } from "../feature.ts";
import { Authentication } from "./authentication.ts";
import { authCommands } from "./commands.ts";
import { ConnectionAuth } from "./connection_auth.ts";
import { Revocations } from "./revocations/revocations.ts";

export const authFeature = {
  name: "auth",
  open({ tokens, use }) {
    const authentication = new Authentication(tokens, use(Revocations));
    return {
      services: [authentication],
      commands: authCommands((error) => authentication.noteRefused(error)),
      prove: (connection, identity) => new ConnectionAuth(authentication, connection, identity),
      metrics: authentication.metrics,
    };
  },
} satisfies Feature;
