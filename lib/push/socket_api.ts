/** What the commands of devices are to clients. */
import { flag, line, list, object, text } from "../base/schema.ts";
import type { Limits } from "../base/sizes.ts";
import { bodyFields } from "../http/openapi/reused.ts";
import type { SocketAbouts } from "../http/openapi/socket_about.ts";
import { DEVICE, EXAMPLE_TOKEN, pushApi } from "./api.ts";

export function pushSockets(limits: Limits): SocketAbouts {
  const { provider, token, ...more } = bodyFields(pushApi(limits)["POST /users/:user/devices"]!);
  return {
    commands: {
      register_device: {
        summary: "Register this device, or say that it is still there",
        fields: object("A device.", { provider: provider!, token: token! }, more),
        answer: DEVICE,
        example: { provider: "web_push", token: EXAMPLE_TOKEN, platform: "web" },
      },
      push_key: {
        summary: "Get the key with which browsers subscribe",
        fields: object("Nothing.", {}),
        answer: object("The key.", { public_key: text("In Base64url (VAPID).") }),
        example: {},
      },
      devices: {
        summary: "List the user's devices",
        fields: object("Nothing.", {}),
        answer: object("Devices.", { devices: list("All of them.", DEVICE) }),
        example: {},
      },
      remove_device: {
        summary: "Remove a device",
        fields: object("Which.", { id: line("The device.", 64) }),
        answer: object("The device.", {
          id: text("Its id."),
          removed: flag("Whether it was there."),
        }),
        example: { id: "3p0aPz1bXk5-Jf2q" },
      },
    },
  };
}
