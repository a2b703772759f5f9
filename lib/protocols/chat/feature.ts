/** The chat protocol, as a capability of the server. */
import { Authentication } from "../../auth/authentication.ts";
import { Commands } from "../../core/command.ts";
import { Conversations } from "../../conversations/conversations.ts";
import type { Feature } from "../../feature.ts";
import { ChatProtocol } from "./chat.ts";
import { chatCommands } from "./commands.ts";
import { ChatDelivery } from "./delivery.ts";

export const chatProtocolFeature = {
  name: "chat-protocol",
  open({ node, use }) {
    const conversations = use(Conversations);
    const delivery = new ChatDelivery(node, conversations);
    const authentication = use(Authentication);
    const commands = chatCommands({ conversations, authentication, delivery });
    return {
      services: [new ChatProtocol(new Commands(commands), delivery)],
      connection: delivery.hooks,
      restore: delivery.restore,
    };
  },
} satisfies Feature;
