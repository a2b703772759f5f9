/** The place in the dashboard, which the address says after its `#`, so that the browser's back works and a link can be sent. */
import { useEffect, useState } from "preact/hooks";
import { href, parseRoute, type Route } from "./place.ts";

export function go(path: readonly (string | number)[], query?: Record<string, string>): void {
  location.hash = href(path, query);
}

/**
 * Changes the query of a place without a new step for the browser's back. What is typed counts a moment later: by then the query may
 * have more, which stays, or the place may be another one, which is left as it is.
 */
export function replaceQuery(
  { path }: Pick<Route, "path">,
  fields: Readonly<Record<string, string>>,
): void {
  const current = parseRoute(location.hash);
  if (href(current.path) !== href(path)) return;
  const query = Object.fromEntries(current.query);
  for (const [name, value] of Object.entries(fields)) {
    if (value === "") delete query[name];
    else query[name] = value;
  }
  history.replaceState(null, "", href(path, query));
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
