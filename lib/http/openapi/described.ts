/** Puts what routes are to their callers to the routes themselves. Next: `document.ts`. */
import type { Route } from "../route.ts";
import type { Abouts } from "./about.ts";

/** Puts descriptions to their routes. Throws a `TypeError` where one is of no route. */
export function described(routes: readonly Route[], abouts: Abouts): readonly Route[] {
  const unused = new Set(Object.keys(abouts));
  const all = routes.map((route) => {
    const key = `${route.method} ${route.path}`;
    unused.delete(key);
    const about = abouts[key];
    return about === undefined ? route : { ...route, about };
  });
  if (unused.size === 0) return all;
  throw new TypeError(`There are no routes ${[...unused].join(", ")} to describe`);
}
