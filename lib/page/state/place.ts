/** Where the user is on the page. Each place has an address of its own, behind the `#`, so that the browser's back works. */

export type Place =
  /** The list alone: on a wide screen, no conversation is open beside it. */
  | { readonly kind: "home" }
  | {
    readonly kind: "conversation";
    readonly id: number;
    /** A message to show, in place of the newest ones. */
    readonly message?: number;
    readonly details?: true;
    /** All of its files, in the place of its details. */
    readonly files?: true;
  }
  | { readonly kind: "room"; readonly room: string; readonly details?: true }
  | { readonly kind: "people" };

export const HOME: Place = { kind: "home" };

/** @param hash as in `location.hash`; what is no address of the page is its home */
export function parsePlace(hash: string): Place {
  const [kind, name = "", ...rest] = hash.replace(/^#\/?/, "").split("/").map(decoded);
  if (kind === "people") return { kind: "people" };
  const details = rest.includes("details") ? { details: true } as const : {};
  if (kind === "rooms" && name !== "") return { kind: "room", room: name, ...details };
  const id = positive(name);
  if (kind !== "chats" || id === undefined) return HOME;
  const message = rest[0] === "at" ? positive(rest[1]) : undefined;
  const files = rest.at(-2) === "details" && rest.at(-1) === "files"
    ? { files: true } as const
    : {};
  const at = message === undefined ? {} : { message };
  return { kind: "conversation", id, ...at, ...details, ...files };
}

/**
 * @example
 * ```ts
 * import { formatPlace } from "./place.ts";
 * console.log(formatPlace({ kind: "room", room: "lobby" })); // #/rooms/lobby
 * ```
 */
export function formatPlace(place: Place): string {
  switch (place.kind) {
    case "home":
      return "#/";
    case "people":
      return "#/people";
    case "room":
      return `#/rooms/${encodeURIComponent(place.room)}${detailsOf(place)}`;
    case "conversation": {
      const at = place.message === undefined ? "" : `/at/${place.message}`;
      return `#/chats/${place.id}${at}${detailsOf(place)}${place.files ? "/files" : ""}`;
    }
  }
}

/** The same place with its details open, or closed. */
export function withDetails(place: Place, isOpen: boolean): Place {
  if (place.kind !== "conversation" && place.kind !== "room") return place;
  const { details: _, ...rest } = withoutFiles(place);
  return isOpen ? { ...rest, details: true } : rest;
}

/** The same place with all files of the conversation in its details, or without them. */
export function withFiles(place: Place, isOpen: boolean): Place {
  if (place.kind !== "conversation") return place;
  return isOpen ? { ...place, details: true, files: true } : withoutFiles(place);
}

export function hasFiles(place: Place): boolean {
  return place.kind === "conversation" && place.files === true;
}

function withoutFiles<Some extends Place>(place: Some): Some {
  if (place.kind !== "conversation") return place;
  const { files: _, ...rest } = place;
  return rest as Some;
}

export function hasDetails(place: Place): boolean {
  return "details" in place && place.details === true;
}

function detailsOf({ details }: { details?: true }): string {
  return details ? "/details" : "";
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return ""; // somebody has typed it
  }
}

function positive(text = ""): number | undefined {
  const number = Number(text);
  return Number.isSafeInteger(number) && number > 0 ? number : undefined;
}
