/**
 * The commands of the chat protocol: a client proves who it is, says something, and says what its user has read. Next on a
 * message's way: `conversations/conversations.ts`.
 */
import { shownFields } from "../../auth/commands.ts";
import type { Authentication } from "../../auth/authentication.ts";
import { CodedError, DISCONNECTS } from "../../base/errors.ts";
import type { Fields, UserId } from "../../base/fields.ts";
import { inSeconds } from "../../base/times.ts";
import { isVisible } from "../../base/visible_text.ts";
import { type Command, command } from "../../core/command.ts";
import type { Connection } from "../../core/connection.ts";
import type { Shown } from "../../core/identity.ts";
import { Outgoing } from "../../core/outgoing.ts";
import { actorOf } from "../../conversations/actor.ts";
import type { Conversations } from "../../conversations/conversations.ts";
import type { SendRequest } from "../../conversations/requests.ts";
import type { Message } from "../../conversations/types.ts";
import type { ChatDelivery } from "./delivery.ts";
import { claimFields, EMPTY, messageFields, readFields } from "./fields.ts";
import { pongFrame, successFrame } from "./frames.ts";

export interface ChatParts {
  readonly conversations: Conversations;
  readonly authentication: Authentication;
  readonly delivery: ChatDelivery;
}

export function chatCommands({ conversations, authentication, delivery }: ChatParts): Command[] {
  return [
    command("auth", (fields) => fields, async (connection, fields) => {
      await identify(connection, fields).catch((error) => {
        throw closing(error);
      });
      if (connection.closed || connection.user === undefined) return;
      const message = "Authentication successful";
      await delivery.begin(connection, connection.user, () => {
        connection.send(new Outgoing(successFrame({ type: "auth", message })));
      });
    }),
    command("message", authenticated(messageFields), async (connection, request) => {
      const { id, createdAt } = await send(connection, request);
      const data = { type: "message", message_id: id, timestamp: inSeconds(createdAt) };
      connection.send(new Outgoing(successFrame(data)));
    }),
    command("read", authenticated(readFields), async (connection, { conversation, ...upTo }) => {
      await conversations.seen(actorOf(connection), conversation, upTo);
      const data = { type: "read", conversation_id: conversation, message_id: upTo.message };
      connection.send(new Outgoing(successFrame(data)));
    }),
    command("ping", () => {}, (connection) => connection.send(new Outgoing(pongFrame()))),
  ];

  /** Takes a token, or on an open server the client's word. */
  async function identify(connection: Connection, fields: Fields): Promise<void> {
    if (authentication.isOpen) {
      const { user, name } = claimFields(fields, connection.limits);
      return await connection.identify(user, name);
    }
    const { user } = await connection.proof.authenticate(shownHere(fields));
    if (!connection.closed) await connection.identify(user, undefined);
  }

  /** Where an application alone says who clients are, it is shown the token. */
  function shownHere(fields: Fields): Shown {
    const shown = shownFields(fields);
    if (!("token" in shown) || authentication.tokens !== undefined) return shown;
    return authentication.asksWho ? { credentials: { token: shown.token } } : shown;
  }

  async function send(connection: Connection, request: SendRequest): Promise<Message> {
    try {
      return (await conversations.send(actorOf(connection), request)).message;
    } catch (error) {
      throw inWordsOfRules(error, request);
    }
  }
}

/** Reads the fields of a command once the client has said who it is. */
function authenticated<Asked>(
  read: (fields: Fields, limits: Connection["limits"]) => Asked,
): (fields: Fields, connection: Connection) => Asked {
  return (fields, { user, limits }) => {
    requireAuthentication(user);
    return read(fields, limits);
  };
}

function requireAuthentication(user: UserId | undefined): void {
  if (user === undefined) throw new CodedError("unauthorized", "Not authenticated");
}

/** What is refused ends the connection after the answer, but not where it could not be checked: it may be sent again. */
function closing(error: unknown): unknown {
  if (!(error instanceof CodedError) || error.options.disconnect !== undefined) return error;
  const { code, message, options } = error;
  if (code === "unavailable" || code === "too_many_attempts") return error;
  return new CodedError(code, message, { ...options, disconnect: DISCONNECTS.token_refused });
}

/** An error about what a message says, in the words that the protocol has for it. */
function inWordsOfRules(error: unknown, { text = "" }: SendRequest): unknown {
  if (!(error instanceof CodedError)) return error;
  const { code, message, options } = error;
  const { field = "" } = options;
  if (field !== "text" && field !== "file") return error;
  const said = (words: string) => new CodedError(code, words, { ...options, field: "content" });
  if (field === "text" && code === "too_long") return said("Text message too long");
  if (field === "text" && !isVisible(text)) return said(EMPTY);
  return said(message.replace(`'${field}'`, "'content'"));
}
