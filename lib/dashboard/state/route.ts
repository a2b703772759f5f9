/** The place in the dashboard, which the address says after its `#`, so that the browser's back works and a link can be sent. */
import { useEffect, useState } from "preact/hooks";
import { href, parseRoute, type Route } from "./place.ts";

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
