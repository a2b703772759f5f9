/** The place in the dashboard, which the address says after its `#`, so that the browser's back works and a link can be sent. */
import { useEffect, useState } from "preact/hooks";

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

export function go(path: readonly (string | number)[], query?: Record<string, string>): void {
  location.hash = href(path, query);
}

/** Changes the query of this place without a new step for the browser's back. */
export function replaceQuery(route: Route, fields: Readonly<Record<string, string>>): void {
  const query = Object.fromEntries(route.query);
  for (const [name, value] of Object.entries(fields)) {
    if (value === "") delete query[name];
    else query[name] = value;
  }
  history.replaceState(null, "", href(route.path, query));
  dispatchEvent(new HashChangeEvent("hashchange"));
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const follow = () => setRoute(parseRoute(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return route;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
