/** Addresses of places in the dashboard, which stand after the `#`. */

export interface Route {
  /** Such as `["users", "123"]`; empty at the overview. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  return {
    path: path.split("/").filter((part) => part !== "").map(decoded),
    query: new URLSearchParams(query),
  };
}

/** The address of a place. */
export function href(
  path: readonly (string | number)[],
  query: Record<string, string> = {},
): string {
  const asked = new URLSearchParams(query).toString();
  const place = path.map((part) => encodeURIComponent(String(part))).join("/");
  return `#/${place}${asked === "" ? "" : `?${asked}`}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
