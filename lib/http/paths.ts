/** The path of a request as the routes see it, however a proxy in front has written it. */
import { getPath } from "hono/utils/url";
import type { App } from "./bindings.ts";

/** The path as it came. */
export const writtenPath: (request: Request) => string = getPath;

/** Things with names that may hold a slash: where they are in the paths of the API, and their names in a query. */
const NAMED = [["/api/rooms", "room"], ["/api/topics", "topic"]] as const;

/**
 * Makes the reader of paths. It takes off `basePath`, a slash too many in front, as a proxy leaves where it has cut a path of
 * its own off, and one at the end, unless the path names a file.
 *
 * @param basePath such as `/realtime`, where a proxy passes a path of its own on; else empty. Paths without it are good, too
 * @param mount such as `/admin`, below which the routes are that the path is read for; else empty
 */
export function pathReader(basePath: string, mount = ""): (request: Request) => string {
  return (request) => {
    const whole = withoutBase(getPath(request).replace(/^\/{2,}/, "/"), basePath);
    const path = withoutBase(whole, mount);
    const isPadded = path.length > 1 && path.endsWith("/") && !/\.[^/]*\/$/.test(path);
    const plain = isPadded ? path.slice(0, -1) : path;
    for (const [nouns, noun] of NAMED) {
      if (plain.startsWith(nouns)) return withName(plain, request, nouns, noun);
    }
    return plain;
  };
}

/**
 * Puts the name of a query into the path: proxies decode the `%2F` in a path, and merge slashes, but leave a query alone. A
 * router that looked at both would be slower for all other paths.
 */
function withName(path: string, { url }: Request, nouns: string, noun: string): string {
  const rest = path.slice(nouns.length);
  const name = rest === "" || rest.startsWith("/") ? new URL(url).searchParams.get(noun) : null;
  return name === null ? path : `${nouns}/${encodeURIComponent(name)}${rest}`;
}

function withoutBase(path: string, basePath: string): string {
  if (basePath === "" || !path.startsWith(basePath)) return path;
  const rest = path.slice(basePath.length);
  if (rest === "") return "/";
  return rest.startsWith("/") ? rest : path;
}

/** The route that a request is for, such as `/api/users/:user/inbox`; `-` where there is none. */
export function routeAt(app: App, request: Request): string {
  const method = request.method === "HEAD" ? "GET" : request.method;
  const [found] = app.router.match(method, app.getPath(request));
  const routes = found.map(([[, route]]) => route);
  const own = routes.findLast((route) => route.method === method);
  // A mount that answers in its own way takes all methods; middleware does, too, and its path ends with a star.
  const whole = routes.findLast((route) => !/^\/?\*$/.test(route.path));
  return own?.path ?? whole?.path ?? "-";
}
