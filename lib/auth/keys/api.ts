/** What the routes of API keys are to their callers. */
import { SCOPES } from "../../base/scope.ts";
import { line, list, named, object, oneOf, text } from "../../base/schema.ts";
import type { Limits } from "../../base/sizes.ts";
import { type Abouts, must } from "../../http/openapi/about.ts";
import { at, NEXT, PAGE, SITE, SITE_QUERY, TIME } from "../../http/openapi/kit.ts";

export function keysApi(limits: Limits): Abouts {
  const scopes = { ...list("What its holder may do.", oneOf("A scope.", SCOPES), { least: 1 }) };
  const fields = {
    id: text("Its id."),
    name: line("What it is for.", limits.name, "shop"),
    site: SITE,
    scopes,
    created_at: at("When it was made."),
  };
  const times = {
    expires_at: at("When it ends."),
    last_used_at: at("When it was used last, as far as is known."),
    revoked_at: at("When it was revoked."),
  };
  const key = named("ApiKey", object("A key, without its secret.", fields, times));
  return {
    "POST /keys": {
      id: "createKey",
      tag: "keys",
      summary: "Make a key to this API",
      body: {
        isForm: false,
        fields: named(
          "NewApiKey",
          object("A key.", { name: fields.name, scopes }, {
            site: SITE,
            expires_at: { allOf: [TIME], description: "When it ends; a time in the future." },
          }),
        ),
        isRequired: true,
        examples: { "For a shop": { name: "shop", scopes: ["publish", "read"] } },
      },
      answers: {
        201: {
          description: "The key, which is shown this once.",
          json: named(
            "CreatedApiKey",
            object("A key with its secret.", {
              ...fields,
              key: text("What callers show.", { examples: ["nk_…"] }),
            }, times),
          ),
        },
      },
    },
    "GET /keys": {
      id: "listKeys",
      tag: "keys",
      summary: "List the keys of a site",
      query: { ...PAGE, ...SITE_QUERY },
      answers: {
        200: {
          description: "A part of them, the oldest first.",
          json: object("Keys.", { keys: list("One part.", key) }, { next: NEXT }),
        },
      },
    },
    "DELETE /keys/:id": {
      id: "revokeKey",
      tag: "keys",
      summary: "Revoke a key",
      path: { id: must(text("The key's id."), "4fGh7jKl9mNp") },
      query: SITE_QUERY,
      answers: { 204: { description: "Nobody gets in by it any more." } },
    },
  };
}
