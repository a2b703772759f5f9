/** By what connections prove who they are, tokens or an application's word, as a capability of the server. */
import { AUTH_SOCKETS } from "./socket_api.ts";
import { Questions } from "../asks/questions.ts";
import type { Feature } from "../feature.ts";
import { Authentication } from "./authentication.ts";
import { authCommands } from "./commands.ts";
import { ConnectionAuth } from "./connection_auth.ts";
import { Passes } from "./passes.ts";
import { Revocations } from "./revocations/revocations.ts";
import { AUTH_TABLES } from "./tables.ts";

export const authFeature = {
  name: "auth",
  tables: AUTH_TABLES,
  madeAtStart: ["auth_secret"],
  open({ tokens, isOpen, database, use }) {
    const passes = new Passes(database);
    const authentication = new Authentication({
      ...{ tokens, isOpen, questions: use(Questions), revocations: use(Revocations) },
    });
    return {
      services: [authentication, passes],
      sockets: AUTH_SOCKETS,
      commands: authCommands(passes, (error) => authentication.noteRefused(error)),
      prove: (connection, identity, address) =>
        new ConnectionAuth(authentication, connection, {
          identity,
          // Many thousand connections would keep it for nothing otherwise.
          address: authentication.asksWho ? address : undefined,
        }),
      metrics: authentication.metrics,
    };
  },
} satisfies Feature;
