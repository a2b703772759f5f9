/**
 * The routes of dead letters: what endpoints did not take, what came by Redis or RabbitMQ and was refused, and what was scheduled and
 * its inbox did not take.
 */
import { invalid } from "../../base/fields.ts";
import { pageSize } from "../../core/command_fields.ts";
import type { Call } from "../../http/call.ts";
import { pageFields } from "../../http/list_page.ts";
import type { Route } from "../../http/route.ts";
import { eventOnWire } from "../../hooks/events/event.ts";
import type { Hooks } from "../../hooks/hooks.ts";
import type { Aside, DeadLetter } from "../../ways/aside.ts";
import { requireWholeServer } from "../whole_server.ts";

export const SOURCES = ["hooks", "stream", "amqp", "schedule"] as const;

export type Source = (typeof SOURCES)[number];

/** By their names; absent where there is no such way. */
export type DeadLetterSources = Readonly<Record<Source, Aside | undefined>>;

export function deadLetterRoutes(sources: DeadLetterSources): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/dead-letters",
      scope: "manage",
      async run(call) {
        requireWholeServer(call, "the dead letters");
        const source = sourceField(call.query("source") ?? "hooks");
        const limit = pageSize(pageFields(call));
        const found = await sources[source]?.list(limit + 1, call.query("before")) ?? [];
        const shown = found.slice(0, limit);
        const next = found.length > limit ? { next: shown.at(-1)?.id } : {};
        const letters = shown.map((each) => letterOnWire(source, each));
        return { status: 200, json: { dead_letters: letters, ...next } };
      },
    },
    {
      method: "POST",
      path: "/dead-letters/:source/:id/resend",
      scope: "manage",
      async run(call) {
        requireWholeServer(call, "the dead letters");
        const { source, id, aside } = named(call);
        await aside.resend(id);
        note(call, "resend", "sent again", { source, id });
        return { status: 202, json: { id, source } };
      },
    },
    {
      method: "DELETE",
      path: "/dead-letters/:source/:id",
      scope: "manage",
      async run(call) {
        requireWholeServer(call, "the dead letters");
        const source = sourceField(call.param("source"));
        const id = call.param("id");
        await sources[source]?.remove(id);
        note(call, "delete", "deleted", { source, id });
        return { status: 204 };
      },
    },
  ];

  function named(call: Call) {
    const source = sourceField(call.param("source"));
    const aside = sources[source];
    if (aside !== undefined) return { source, id: call.param("id"), aside };
    throw invalid("source", source, "a way that is configured here");
  }
}

/** What endpoints did not take, as the other sources show what they have. */
export function hooksAside(hooks: Hooks): Aside {
  return {
    async list(limit, before) {
      const [, at = "", id = ""] = /^(\d{1,15})\.([^\0]*)$/.exec(before ?? "") ?? [];
      const place = before === undefined ? undefined : { at: Number(at), id };
      const found = await hooks.dead(limit, place);
      return found.map(({ id, at, reason, event }) => (
        { id: `${at}.${id}`, at, reason, payload: eventOnWire(event) }
      ));
    },
    resend: (id) => hooks.resend(withoutTime(id)),
    remove: (id) => hooks.removeDead(withoutTime(id)),
  };
}

/** The time stands before the id, so that an id says where a page ends. */
function withoutTime(id: string): string {
  return id.replace(/^\d+\./, "");
}

function note(
  call: Call,
  verb: "resend" | "delete",
  did: string,
  { source, id }: { source: Source; id: string },
): void {
  call.audit.did(call.actor, {
    ...{ action: `dead_letter.${verb}`, did, site: call.site },
    target: `dead letter ${id} of ${source}`,
  });
}

function sourceField(source: string): Source {
  const found = SOURCES.find((each) => each === source);
  if (found !== undefined) return found;
  throw invalid("source", source, "hooks, stream, amqp or schedule");
}

function letterOnWire(source: Source, { id, at, reason, payload }: DeadLetter): object {
  return { id, source, at: at / 1000, reason, payload };
}
