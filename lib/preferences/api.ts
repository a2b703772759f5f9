/** What the routes of preferences, and of kinds of notifications, are to their callers. */
import { KIND, KIND_FORM } from "../base/kind_field.ts";
import {
  any,
  either,
  flag,
  line,
  list,
  map,
  named,
  object,
  oneOf,
  orNull,
  text,
  whole,
} from "../base/schema.ts";
import type { JsonSchema } from "../base/shape.ts";
import type { Limits } from "../base/sizes.ts";
import { type Abouts, may, type MountAbout, must } from "../http/openapi/about.ts";
import { at, IGNORED, kit, NEXT, PAGE, SITE, SITE_QUERY, WHEN } from "../http/openapi/kit.ts";
import { MOST_RANGES, ZONE } from "./fields.ts";
import { MOST_AT_ONCE, MOST_REPEATS, MOST_TIMES, NAME, TEXT } from "./kind_fields.ts";
import { DAYS, WAYS } from "./types.ts";

const WAY_HELP = {
  in_app: "Whether it comes into the inbox.",
  push: "Whether it is pushed to devices.",
  mail: "Whether it is mailed.",
};

/** By which ways something comes. */
const CHOICE = named(
  "Choice",
  object(
    "By which ways something comes; what is absent is not chosen.",
    {},
    Object.fromEntries(WAYS.map((way) => [way, flag(WAY_HELP[way])])),
  ),
);

const TIME_OF_DAY = text("A time from 00:00 to 24:00.", {
  pattern: "^([01]?\\d|2[0-3]):[0-5]\\d$|^24:00$",
  examples: ["22:00"],
});

const ZONE_OF = line("A time zone.", ZONE, "Europe/Berlin");

const QUIET = named(
  "QuietHours",
  object("When a user wants no attention asked for.", {}, {
    on: flag("Whether they count.", true),
    urgent: flag("Whether what has the priority 5 asks for attention then, too.", false),
    time_zone: { ...ZONE_OF, description: "Whose clock it is; the user's where none is named." },
    days: object(
      "Ranges by the day on which they begin.",
      {},
      Object.fromEntries(DAYS.map((day) => [
        day,
        list(
          "A beginning and an end, which is on the next day where it is earlier.",
          list("A range.", TIME_OF_DAY, { least: 2, most: 2 }),
          { most: MOST_RANGES },
        ),
      ])),
    ),
  }),
);

const CHOSEN = {
  kinds: map("By kinds, and parts of kinds up to a dot; `*` is every kind.", CHOICE),
  topics: map("By topics.", CHOICE),
  quiet_hours: QUIET,
  time_zone: ZONE_OF,
};

const VERSION = whole(
  "It rises with each change; with another one than is there nothing is changed.",
);

export const PREFERENCES = named(
  "Preferences",
  object("What a user has chosen, and what comes of it.", {
    kinds: CHOSEN.kinds,
    topics: CHOSEN.topics,
    version: VERSION,
    effective: object("What comes of the user's choices and the application's kinds.", {
      time_zone: ZONE_OF,
      muted: flag("Whether all is muted."),
      quiet: flag("Whether it is quiet."),
      kinds: map(
        "By which ways each kind comes.",
        object("A kind.", {}, {
          ...Object.fromEntries(WAYS.map((way) => [way, flag(WAY_HELP[way])])),
          name: text("What people call it."),
          description: text("What it is."),
          locked: text("Why users cannot choose its ways."),
        }),
      ),
    }, { quiet_until: at("Until when.") }),
  }, {
    mute_until: at("Until when nothing asks for attention."),
    quiet_hours: QUIET,
    time_zone: ZONE_OF,
    unsubscribe: map("Links by which the user ends the mails of a kind.", text("A link.")),
    ignored: IGNORED,
  }),
);

const MUTE = { allOf: [WHEN], description: "Until when nothing asks for attention." };

const DURATION = either(
  "A duration up to seven days.",
  { type: "string", pattern: "^\\d", examples: ["30m"] },
  { type: "integer", minimum: 1, maximum: 604_800 },
);

const KIND_NAME = text("The kind.", { max: KIND, pattern: KIND_FORM.source });

function kindFields(limits: Limits): Readonly<Record<string, JsonSchema>> {
  const { user } = kit(limits);
  return {
    name: line("What people call it.", NAME, "Shipping"),
    description: text("What it is.", { max: TEXT }),
    ...Object.fromEntries(WAYS.map((way) => [way, flag(WAY_HELP[way])])),
    locked: line("Why users cannot choose its ways; absent where they can.", TEXT),
    digest: {
      ...object("When several become one: so long after the first, or at times of the day.", {}, {
        window: DURATION,
        at: list("Times of the user's day.", TIME_OF_DAY, { least: 1, most: MOST_TIMES }),
      }),
      oneOf: [{ required: ["window"] }, { required: ["at"] }],
    },
    template: text("The text of a digest.", { max: TEXT }),
    throttle: object("How many come at once.", {
      count: whole("So many.", { least: 1, most: MOST_AT_ONCE }),
      per: DURATION,
    }),
    repeat: object("How often one asks for attention until it was seen.", {
      every: DURATION,
      times: whole("So often.", { least: 1, most: MOST_REPEATS }),
    }, {
      escalate: either(
        "Who gets it then, or by which way.",
        object("A user.", { user_id: user }),
        object("A way.", { way: oneOf("The way.", WAYS) }),
      ),
    }),
  };
}

export function preferencesApi(limits: Limits): Abouts {
  const { ofUser } = kit(limits);
  const ofKind = { kind: must(KIND_NAME, "order.shipped") };
  const kept = named(
    "Kind",
    object("What is set for a kind.", { kind: KIND_NAME, version: VERSION }, {
      ...kindFields(limits),
      ignored: IGNORED,
    }),
  );
  const etag = { ETag: "The version, which `If-Match` takes." };
  const ifMatch = { "If-Match": may(text("The version that the caller has read."), '"*"') };
  const shown = { 200: { description: "The preferences.", json: PREFERENCES, headers: etag } };
  const version = either("The version that the caller has read.", { type: "integer", minimum: 0 }, {
    type: "string",
  });
  const errors = ["conflict", "too_many_kinds", "forbidden"] as const;
  return {
    "GET /users/:user/preferences": {
      id: "getPreferences",
      tag: "preferences",
      summary: "Show what a user has chosen",
      path: ofUser,
      answers: shown,
    },
    "PUT /users/:user/preferences": {
      id: "putPreferences",
      tag: "preferences",
      summary: "Set the whole of a user's preferences",
      path: ofUser,
      headers: ifMatch,
      body: {
        isForm: false,
        fields: named(
          "NewPreferences",
          object("What the user chooses.", {}, { ...CHOSEN, mute_until: MUTE, version }),
        ),
        examples: {
          "Some choices": {
            kinds: { news: { push: false, mail: true }, "*": { in_app: true } },
            topics: { sport: { push: false } },
            quiet_hours: { days: { fri: [["22:00", "07:00"]] } },
            time_zone: "Europe/Berlin",
          },
        },
      },
      answers: shown,
      errors,
    },
    "PATCH /users/:user/preferences": {
      id: "editPreferences",
      tag: "preferences",
      summary: "Change a user's preferences",
      path: ofUser,
      headers: ifMatch,
      body: {
        isForm: false,
        fields: named(
          "PreferencesChange",
          object("What is to change; `null` takes away what it stands for (RFC 7396).", {}, {
            kinds: orNull(map("By kinds.", orNull(CHOICE))),
            topics: orNull(map("By topics.", orNull(CHOICE))),
            quiet_hours: orNull(QUIET),
            time_zone: orNull(ZONE_OF),
            mute_until: orNull(MUTE),
            version,
          }),
        ),
        examples: { "Muted for two hours": { mute_until: "2h", kinds: { news: null } } },
      },
      answers: shown,
      errors,
    },
    "GET /kinds": {
      id: "listKinds",
      tag: "preferences",
      summary: "List the kinds of notifications that are set",
      query: { ...PAGE, ...SITE_QUERY },
      answers: {
        200: {
          description: "A part of them.",
          json: object("Kinds, by their names.", { kinds: list("One part.", kept) }, {
            next: NEXT,
          }),
        },
      },
    },
    "GET /kinds/:kind": {
      id: "getKind",
      tag: "preferences",
      summary: "Show what is set for a kind",
      path: ofKind,
      query: SITE_QUERY,
      answers: { 200: { description: "The kind.", json: kept, headers: etag } },
    },
    "PUT /kinds/:kind": {
      id: "putKind",
      tag: "preferences",
      summary: "Set what is usual for a kind of notifications",
      path: ofKind,
      headers: ifMatch,
      body: {
        isForm: false,
        fields: named(
          "NewKind",
          object("What is usual.", {}, {
            ...Object.fromEntries(
              Object.entries(kindFields(limits)).map(([name, schema]) => [name, orNull(schema)]),
            ),
            version,
            site: SITE,
          }),
        ),
        examples: {
          "Shipping": {
            name: "Shipping",
            push: true,
            mail: false,
            digest: { window: "30m" },
            throttle: { count: 5, per: "1h" },
            repeat: { every: "5m", times: 3, escalate: { way: "mail" } },
          },
          "At times of the day": { name: "News", digest: { at: ["09:00", "17:00"] } },
        },
      },
      answers: {
        201: { description: "It is set.", json: kept, headers: etag },
        200: { description: "It was set, and is changed.", json: kept, headers: etag },
      },
      errors: ["conflict", "too_many_kinds"],
    },
    "DELETE /kinds/:kind": {
      id: "deleteKind",
      tag: "preferences",
      summary: "Have nothing set for a kind any more",
      path: ofKind,
      query: SITE_QUERY,
      answers: { 204: { description: "Nothing is set for it." } },
    },
  };
}

const HTML = { "text/html": text("A page.") };
const OF_LINK = { token: must(text("What the link has, which is the right to do so.")) };

/** What a link to unsubscribe answers. */
export const UNSUBSCRIBE_API: readonly MountAbout[] = [
  {
    method: "GET",
    path: "/unsubscribe",
    access: "anybody",
    about: {
      id: "showUnsubscribe",
      tag: "preferences",
      summary: "The page of a link to unsubscribe, which asks with one button",
      query: OF_LINK,
      answers: { 200: { description: "The page.", others: HTML } },
      errors: ["not_found", "unavailable"],
    },
  },
  {
    method: "POST",
    path: "/unsubscribe",
    access: "anybody",
    about: {
      id: "unsubscribe",
      tag: "preferences",
      summary: "End what the link is of, as a mail program does (RFC 8058)",
      query: OF_LINK,
      body: { others: { "application/x-www-form-urlencoded": any("Nothing in it is read.") } },
      answers: { 200: { description: "A page that says that it is done.", others: HTML } },
      errors: ["not_found", "unavailable"],
    },
  },
];
