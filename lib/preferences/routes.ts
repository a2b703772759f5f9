/** The routes of users' preferences, and of the kinds of notifications that applications set. */
import { CodedError } from "../base/errors.ts";
import { type Fields, invalid } from "../base/fields.ts";
import type { WithIgnored } from "../base/ignored.ts";
import { isKind, KIND_ALLOWED } from "../base/kind_field.ts";
import type { Limits } from "../base/sizes.ts";
import type { Call } from "../http/call.ts";
import { pageOf } from "../http/list_page.ts";
import type { HttpAnswer, Route } from "../http/route.ts";
import { versionField } from "./fields.ts";
import { ignoredInKind, ignoredInPreferences } from "./ignored.ts";
import { kindFields, requireKnownWords } from "./kind_fields.ts";
import type { UnsubscribeLinks } from "./links.ts";
import type { Changer, KeptKind, Preferences } from "./preferences.ts";
import type { KeptPreferences } from "./types.ts";
import { kindOnWire } from "./wire.ts";

const PREFERENCES = "/users/:user/preferences";
const KIND = "/kinds/:kind";

/** What pages of other sites send and read. */
const FOR_PAGES = { sent: ["if-match"], read: ["ETag"] };

interface PreferenceRoutesParts {
  readonly preferences: Preferences;
  readonly links: UnsubscribeLinks;
  readonly limits: Limits;
}

export function preferenceRoutes(parts: PreferenceRoutesParts): readonly Route[] {
  const { preferences, links, limits } = parts;
  return [
    {
      method: "GET",
      path: PREFERENCES,
      scope: "read",
      users: true,
      browsers: FOR_PAGES,
      async run(call) {
        const { site, user } = changerOf(call);
        const kept = await preferences.read(site, user);
        const shown = await preferences.shown(site, kept);
        const urls = await linksOf(site, user, shown);
        return answerOf({ ...shown, unsubscribe: urls }, kept);
      },
    },
    {
      method: "PUT",
      path: PREFERENCES,
      scope: "manage",
      users: true,
      browsers: FOR_PAGES,
      run: (call) => changed(call, (...asked) => preferences.set(...asked)),
    },
    {
      method: "PATCH",
      path: PREFERENCES,
      scope: "manage",
      users: true,
      browsers: FOR_PAGES,
      run: (call) => changed(call, (...asked) => preferences.change(...asked)),
    },
    {
      method: "GET",
      path: "/kinds",
      scope: "manage",
      async run(call) {
        const { entries, rest } = pageOf(call, await preferences.listKinds(siteOf(call)), {
          placeOf: ({ kind }) => ({ at: 0, name: kind.kind }),
          onWire: shownKind,
        });
        return { status: 200, json: { kinds: entries, ...rest } };
      },
    },
    {
      method: "GET",
      path: KIND,
      scope: "manage",
      async run(call) {
        const name = kindOf(call);
        const kept = await preferences.findKind(siteOf(call), name);
        if (kept === undefined) {
          throw new CodedError("not_found", `Nothing is set for kind ${JSON.stringify(name)}`);
        }
        return kindAnswer(kept, 200);
      },
    },
    {
      method: "PUT",
      path: KIND,
      scope: "manage",
      async run(call) {
        const fields = await call.fieldsIfAny();
        const site = call.managedSite(fields);
        const name = kindOf(call);
        const kind = kindFields(name, fields, limits);
        requireKnownWords(kind);
        const kept = await preferences.setKind(site, kind, versionOf(call, fields));
        call.audit.kindManaged(call.actor, "set", { site, kind: name });
        return kindAnswer(kept, kept.isNew ? 201 : 200, ignoredInKind(fields));
      },
    },
    {
      method: "DELETE",
      path: KIND,
      scope: "manage",
      async run(call) {
        const site = siteOf(call);
        const kind = kindOf(call);
        if (await preferences.deleteKind(site, kind)) {
          call.audit.kindManaged(call.actor, "delete", { site, kind });
        }
        return { status: 204 };
      },
    },
  ];

  async function changed(
    call: Call,
    change: (changer: Changer, fields: Fields, version?: number) => Promise<KeptPreferences>,
  ): Promise<HttpAnswer> {
    const fields = await call.fieldsIfAny();
    const changer = changerOf(call);
    const kept = await change(changer, fields, versionOf(call, fields));
    const shown = await preferences.shown(changer.site, kept);
    return answerOf({ ...shown, ...ignoredInPreferences(fields) }, kept);
  }

  /** The links by which the user ends the mails of each kind that may be ended. */
  async function linksOf(site: string, user: string, { effective }: Fields): Promise<Fields> {
    const { kinds } = Object(effective);
    const open = Object.entries<Fields>(kinds).filter(([, { locked }]) => locked === undefined);
    return Object.fromEntries(
      await Promise.all(open.map(async ([kind]) => {
        return [kind, await links.unsubscribeUrl({ site, user, of: { kind }, way: "mail" })];
      })),
    );
  }
}

function answerOf(json: object, { version }: { readonly version: number }): HttpAnswer {
  return { status: 200, json, headers: { ETag: `"${version}"` } };
}

function kindAnswer(kept: KeptKind, status: 200 | 201, ignored: WithIgnored = {}): HttpAnswer {
  return {
    status,
    json: { ...shownKind(kept), ...ignored },
    headers: { ETag: `"${kept.version}"` },
  };
}

function shownKind({ kind, version }: KeptKind): object {
  return { kind: kind.kind, ...kindOnWire(kind), version };
}

/** Whose preferences they are: a user's own, or those of whom the path names, where an application asks. */
function changerOf(call: Call): Changer {
  const { site, user } = call.actingUser({ user_id: call.param("user") });
  return { site, user };
}

function siteOf(call: Call): string {
  return call.managedSite({});
}

function kindOf(call: Call): string {
  const kind = call.param("kind");
  if (isKind(kind)) return kind;
  throw invalid("kind", kind, KIND_ALLOWED);
}

/** The version that the caller has read, as a header or a field. */
function versionOf(call: Call, { version }: Fields): number | undefined {
  return versionField(call.header("if-match"), "If-Match") ?? versionField(version);
}
