/** Makes the description of the sockets (AsyncAPI 3.0) of what commands and pushed frames say of themselves. */
import { ERRORS } from "../../base/errors.ts";
import { flag, object, oneOf, text, whole } from "../../base/schema.ts";
import type { JsonSchema } from "../../base/shape.ts";
import type { DocumentOptions } from "./document.ts";
import { Schemas } from "./document.ts";
import { at } from "./kit.ts";
import { type CommandAbout, type PushAbout, REF, type SocketAbouts, TYPE } from "./socket_about.ts";

type Json = Readonly<Record<string, unknown>>;

const CODES = oneOf("What is wrong, on which programs can rely.", Object.keys(ERRORS));

const WRONG = {
  field: text("Which field is meant."),
  retry_after_ms: whole("How long to wait, in milliseconds."),
};

/** What version 2 sends that is of no capability. */
const OWN_PUSHES: Readonly<Record<string, PushAbout>> = {
  pong: {
    summary: "The answer to a `ping` without `ref`",
    fields: object("A sign of life.", { timestamp: at("The server's time.") }),
  },
  error: {
    summary: "What was wrong with a frame without `ref`",
    fields: object("An error.", { code: CODES, message: text("What is wrong, for people.") }, {
      ...WRONG,
      id: text("The `id` of the frame."),
    }),
  },
  session: {
    summary: "The session ends soon, unless a new token comes by `auth`",
    fields: object("A session.", { expires_at: at("When it ends.") }),
  },
};

export function asyncApiDocument(
  abouts: readonly SocketAbouts[],
  { version, basePath }: DocumentOptions,
): Json {
  const commands = abouts.flatMap(({ commands = {} }) => Object.entries(commands));
  const pushes = [
    ...Object.entries(OWN_PUSHES),
    ...abouts.flatMap(({ pushes = {} }) => Object.entries(pushes)),
  ];
  const schemas = new Schemas();
  const messages = Object.fromEntries([
    ...commands.flatMap(([key, about]) => messagesOf(key, about, schemas)),
    ["refused.reply", refusal(schemas)],
    ...pushes.map(([type, about]) => [`${type}.push`, pushed(type, about, schemas)]),
  ]);
  const ofChannel = (channel: string, name: string) => ({
    $ref: `#/channels/${channel}/messages/${name}`,
  });
  const pushNames = pushes.map(([type]) => `${type}.push`);
  return {
    asyncapi: "3.0.0",
    info: {
      title: "notifyli",
      version,
      description: INTRODUCTION,
      license: { name: "GPL-3.0-or-later" },
    },
    defaultContentType: "application/json",
    servers: { this: { host: "localhost:7000", pathname: basePath || "/", protocol: "ws" } },
    channels: {
      v2: {
        address: "/ws",
        title: "Version 2",
        description:
          "A WebSocket with the subprotocol `notifyli.v2`. A text message has one frame, or several in lines.",
        messages: Object.fromEntries(
          Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
        bindings: { ws: { method: "GET", bindingVersion: "0.1.0" } },
      },
      sse: {
        address: "/sse",
        title: "Server-Sent Events",
        description:
          "The same frames as the data of events; commands go up by POST to `/sse`, as /openapi.json says.",
        messages: Object.fromEntries(
          pushNames.map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
      },
    },
    operations: {
      ...Object.fromEntries(commands.map(([key, { summary }]) => {
        const name = nameOf(key);
        return [name, {
          action: "receive",
          summary,
          channel: { $ref: "#/channels/v2" },
          messages: [ofChannel("v2", `${name}.command`)],
          reply: {
            channel: { $ref: "#/channels/v2" },
            messages: [ofChannel("v2", `${name}.reply`), ofChannel("v2", "refused.reply")],
          },
        }];
      })),
      push: {
        action: "send",
        summary: "What comes without being asked for",
        channel: { $ref: "#/channels/v2" },
        messages: pushNames.map((name) => ofChannel("v2", name)),
      },
      stream: {
        action: "send",
        summary: "The same on a stream of events",
        channel: { $ref: "#/channels/sse" },
        messages: pushNames.map((name) => ofChannel("sse", name)),
      },
    },
    components: { messages, schemas: schemas.all() },
  };
}

const INTRODUCTION =
  "Version 2 of the protocol of notifyli. A command is an object with a `type`; where it has a `ref`, the server answers with a `reply` that has it, too. " +
  "`connect` is the first command, after `auth` where a token is asked for. Fields that are not known are ignored.";

/** The name of a command in the description: `subscribe topic` is `subscribe_topic`. */
function nameOf(key: string): string {
  return key.replaceAll(" ", "_");
}

function messagesOf(key: string, about: CommandAbout, schemas: Schemas): [string, Json][] {
  const [type = key] = key.split(" ");
  const name = nameOf(key);
  const reply = object("A reply.", { type: TYPE("reply"), ref: REF, success: { const: true } }, {
    data: about.answer,
  });
  return [
    [`${name}.command`, {
      name: type,
      title: about.summary,
      payload: schemas.plain(framed(type, about.fields, { ref: REF })),
      examples: [{ payload: { type, ref: 1, ...about.example } }],
    }],
    [`${name}.reply`, {
      name: "reply",
      title: `The answer to \`${type}\``,
      payload: schemas.plain(reply),
    }],
  ];
}

function pushed(type: string, { summary, fields }: PushAbout, schemas: Schemas): Json {
  return { name: type, title: summary, payload: schemas.plain(framed(type, fields)) };
}

function refusal(schemas: Schemas): Json {
  const payload = object("Why a command was refused.", {
    type: TYPE("reply"),
    ref: REF,
    success: flag("It is `false`."),
    code: CODES,
    error: text("What is wrong, for people."),
  }, WRONG);
  return { name: "reply", title: "A command that was refused", payload: schemas.plain(payload) };
}

/** A frame with fields. */
function framed(type: string, fields: JsonSchema, more: Json = {}): JsonSchema {
  const { properties = {}, required = [] } = fields as {
    properties?: Json;
    required?: readonly string[];
  };
  return {
    ...fields,
    properties: { type: TYPE(type), ...more, ...properties },
    required: ["type", ...required],
  };
}
