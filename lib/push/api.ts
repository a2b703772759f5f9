/** What the routes of devices are to their callers. */
import {
  any,
  either,
  flag,
  line,
  list,
  named,
  object,
  oneOf,
  text,
  whole,
} from "../base/schema.ts";
import type { Limits } from "../base/sizes.ts";
import { type Abouts, type MountAbout, must } from "../http/openapi/about.ts";
import { at, kit, SITE, USER } from "../http/openapi/kit.ts";
import { APP, LOCALE, PLATFORM } from "./fields.ts";
import { PROVIDERS } from "./types.ts";

const PROVIDER = oneOf(
  "Who delivers the pushes; which there are, the server's settings say.",
  PROVIDERS,
);

const RESULT = text("What it came to: `taken`, `gone`, `later` or `refused`.");

export const DEVICE = named(
  "Device",
  object("A device, without its token.", {
    id: text("Its id."),
    provider: PROVIDER,
    created_at: at("When it was registered first."),
    seen_at: at("When it was registered last."),
  }, {
    user_id: USER,
    platform: text("Such as `android`."),
    app: text("The application on it."),
    locale: text("A language."),
    time_zone: text("A time zone."),
    last: object("What the last push came to.", { at: at("When."), result: RESULT }, {
      why: text("Why."),
    }),
  }),
);

const SUBSCRIPTION = object("What a browser's `PushSubscription` is in JSON.", {
  endpoint: text("Where it is pushed to.", { max: 4096 }),
  keys: object("By which it is encrypted.", { p256dh: text("A key."), auth: text("A secret.") }),
});

const TOKEN = either(
  "By what the provider knows the device: a browser's subscription, a registration token, the URL of a topic, an address.",
  text("A text.", { max: 4094 }),
  SUBSCRIPTION,
);

/** A subscription with keys that are points of the curve, for examples. */
export const EXAMPLE_TOKEN = {
  endpoint: "https://updates.push.services.mozilla.com/wpush/v2/example",
  keys: {
    p256dh:
      "BEl62iUYgUivxIkv69yViEuiBIa-Ib9-SkvMeAtA3LFgDzkrxZJjSgSnfckjBJuBkr3qBUYIHBQFLXYp5Nksh8U",
    auth: "8eDyX_uCN0XRhSbY5hs7Hg",
  },
};

export function pushApi(limits: Limits): Abouts {
  const { ofUser, user } = kit(limits);
  return {
    "POST /push/test": {
      id: "testPush",
      tag: "devices",
      summary: "Push a test to all devices of a user, and say what became of it",
      body: {
        fields: named("PushTest", object("To whom.", { user_id: user }, { site: SITE })),
        isRequired: true,
        examples: { "To a user": { user_id: 42 } },
      },
      answers: {
        200: {
          description: "What became of it.",
          json: object("At each device.", {
            user_id: USER,
            pushes: list(
              "At each device.",
              object("At one.", { device: text("Its id."), provider: PROVIDER, result: RESULT }, {
                platform: text("Such as `android`."),
                why: text("Why."),
              }),
            ),
          }),
        },
      },
    },
    "GET /push/key": {
      id: "getPushKey",
      tag: "devices",
      summary: "Show the key with which browsers subscribe",
      answers: {
        200: {
          description: "The key.",
          json: object("The key.", { public_key: text("In Base64url (VAPID).") }),
        },
      },
    },
    "POST /users/:user/devices": {
      id: "registerDevice",
      tag: "devices",
      summary: "Register a device of a user, or say that it is still there",
      path: ofUser,
      body: {
        isForm: false,
        fields: named(
          "NewDevice",
          object("A device.", { provider: PROVIDER, token: TOKEN }, {
            platform: line("Such as `android`.", PLATFORM),
            app: line("The application on it, where a site has several.", APP),
            locale: line("A language.", LOCALE, "de"),
            time_zone: line("A time zone.", 64, "Europe/Berlin"),
          }),
        ),
        isRequired: true,
        examples: {
          "A browser": {
            provider: "web_push",
            token: EXAMPLE_TOKEN,
            platform: "web",
            locale: "de",
          },
        },
      },
      answers: {
        201: { description: "It is registered.", json: DEVICE },
        200: { description: "It was registered before.", json: DEVICE },
      },
      errors: ["too_many_devices"],
    },
    "GET /users/:user/devices": {
      id: "listDevices",
      tag: "devices",
      summary: "List a user's devices",
      path: ofUser,
      answers: {
        200: {
          description: "All of them, those first that were seen last.",
          json: object("Devices.", { devices: list("All of them.", DEVICE) }),
        },
      },
    },
    "DELETE /users/:user/devices/:device": {
      id: "removeDevice",
      tag: "devices",
      summary: "Remove a device: nothing is pushed to it any more",
      path: { ...ofUser, device: must(text("The device's id."), "3p0aPz1bXk5-Jf2q") },
      answers: { 204: { description: "There is no such device." } },
    },
  };
}

const OF_ANSWER = { token: must(text("What the push has, which is the right to do so.")) };

/** Where browsers say that their subscription is another one. */
export const RENEWAL_API: readonly MountAbout[] = [
  {
    method: "POST",
    path: "/push/devices/:device",
    access: "anybody",
    about: {
      id: "renewDevice",
      tag: "devices",
      summary: "Give a browser's device its new subscription, by showing the last one",
      path: { device: must(text("The device's id."), "3p0aPz1bXk5-Jf2q") },
      body: {
        isForm: false,
        fields: named(
          "Renewal",
          object("Both subscriptions.", { old: SUBSCRIPTION, token: SUBSCRIPTION }),
        ),
        isRequired: true,
      },
      answers: {
        200: {
          description: "It has the new one.",
          json: object("The device.", { id: text("Its id.") }),
        },
      },
      errors: ["unavailable"],
    },
  },
];

/** What devices call that show a push, without signing in. */
export const ANSWERS_API: readonly MountAbout[] = [
  {
    method: "GET",
    path: "/push/:token",
    access: "anybody",
    about: {
      id: "readPushed",
      tag: "devices",
      summary: "Read the whole notification that a push is of",
      path: OF_ANSWER,
      answers: {
        200: {
          description: "The notification.",
          json: named(
            "PushedNotification",
            object("A notification as a device shows it.", {
              id: text("Its id."),
              read: flag("Whether the user has seen it."),
              unread: whole("How many are unread."),
            }, {
              title: text("A title."),
              message: text("The text."),
              data: any("What it carries for programs."),
              name: text("Who it is from."),
              timestamp: at("When it happened."),
              priority: whole("From 1 to 5."),
              ...Object.fromEntries(
                ["kind", "url", "icon", "group"].map((name) => [name, { type: "string" }]),
              ),
              image: object("A picture.", {}),
              actions: list("What the user can do.", object("One action.", {})),
              tags: list("Words.", { type: "string" }),
              markdown: flag("Whether the message is Markdown."),
            }),
          ),
        },
      },
      errors: ["unavailable"],
    },
  },
  {
    method: "POST",
    path: "/push/:token",
    access: "anybody",
    about: {
      id: "answerPushed",
      tag: "devices",
      summary: "Answer a push: mark its notification read, archive it, or do one of its actions",
      path: OF_ANSWER,
      body: {
        fields: named(
          "PushAnswer",
          object("What the user did.", {
            do: oneOf("What.", ["read", "archive", "act"]),
          }, {
            action: line("For `act`: the action's id.", 64),
            text: text("For a reply: what the user says.", { max: 2000 }),
          }),
        ),
        isRequired: true,
      },
      answers: {
        200: {
          description: "It is done.",
          json: object("What was done.", {
            id: text("The notification."),
            unread: whole("How many are unread."),
          }, {
            action: text("The action."),
            state: { const: "pending" },
            done_at: at("When."),
            status: whole("Of the answer of the address that was called."),
            text: text("What came back, or what the user said.", { min: 0 }),
          }),
        },
      },
      errors: ["unavailable"],
    },
  },
];
