/** The routes of the HTTP API as data: none is without a scope, none is there twice, and each is closed to other scopes. */
import assert from "node:assert/strict";
import { signOperatorToken } from "../../lib/auth/operator.ts";
import { type Scope, SCOPES } from "../../lib/base/scope.ts";
import type { Route } from "../../lib/http/route.ts";
import { startHere } from "../support/server_here.ts";
import { APP_KEY } from "../support/tokens.ts";

Deno.test("a route without a scope, or with one that there is not, does not compile", () => {
  const rest: Omit<Route, "scope"> = { method: "GET", path: "/a", run: () => ({ status: 204 }) };
  // @ts-expect-error: Property 'scope' is missing
  const without: Route = rest;
  // @ts-expect-error: 'undefined' is not assignable to 'Scope'
  const withNone: Route = { ...rest, scope: undefined };
  // @ts-expect-error: '"all"' is not assignable to 'Scope'
  const withOther: Route = { ...rest, scope: "all" };
  const good: Route = { ...rest, scope: "read" };
  assert.equal([without, withNone, withOther, good].length, 4);
});

Deno.test("every route of a server opens to its own scope and to no other", async () => {
  await using server = await startHere();
  const operator = await signOperatorToken(APP_KEY);
  assert.ok(server.routes.length > 0);
  for (const { method, path, scope } of server.routes) {
    const url = `${server.url}/api${path.replaceAll(/:\w+/g, "1")}`;
    const others = await newKey(server.url, operator, SCOPES.filter((each) => each !== scope));
    const refused = await call(url, method, others.key);
    assert.deepEqual(refused, [403, {
      code: "forbidden",
      message: `Cannot do this: the API key ${others.id} lacks the scope '${scope}'`,
    }], `${method} ${path}`);
    const own = await newKey(server.url, operator, [scope]);
    const [status] = await call(url, method, own.key);
    assert.ok(status !== 401 && status !== 403, `${method} ${path} is ${status}`);
  }
});

Deno.test("no two routes of a server answer the same method and path", async () => {
  await using server = await startHere();
  const places = server.routes.map(({ method, path }) =>
    `${method} ${path.replaceAll(/:\w+/g, ":")}`
  );
  assert.deepEqual(places, [...new Set(places)]);
});

async function newKey(
  url: string,
  operator: string,
  scopes: readonly Scope[],
): Promise<{ id: string; key: string }> {
  const body = JSON.stringify({ name: "test", scopes });
  const headers = { authorization: `Bearer ${operator}` };
  return await (await fetch(`${url}/api/keys`, { method: "POST", headers, body })).json();
}

/** The status of the answer, and its JSON if it has any. */
async function call(url: string, method: string, key: string): Promise<[number, unknown]> {
  const response = await fetch(url, { method, headers: { authorization: `Bearer ${key}` } });
  const text = await response.text();
  const [line = ""] = text.split("\n", 1); // what is long has one a line
  return [response.status, line === "" ? undefined : JSON.parse(line)];
}
