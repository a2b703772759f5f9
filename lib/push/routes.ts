/** The routes of users' devices, and of the key that browsers subscribe with. */
import { userIdField, userIdOnWire } from "../base/fields.ts";
import { onlyFields } from "../base/only_fields.ts";
import type { Limits } from "../base/sizes.ts";
import type { Call } from "../http/call.ts";
import type { Route } from "../http/route.ts";
import { boundTo } from "./binding.ts";
import type { Devices, Registering } from "./devices.ts";
import { ignoredInDevice } from "./fields.ts";
import type { PushProviders } from "./providers/providers.ts";
import type { TestPush } from "./test_push.ts";
import { deviceOnWire, testedOnWire } from "./wire.ts";

const DEVICES = "/users/:user/devices";

export function pushRoutes(
  devices: Devices,
  providers: Pick<PushProviders, "publicKey">,
  { test, limits }: { readonly test: TestPush; readonly limits: Limits },
): readonly Route[] {
  return [
    {
      method: "POST",
      path: "/push/test",
      scope: "manage",
      async run(call) {
        const fields = await call.fields();
        const owner = { site: call.managedSite(fields), user: userIdField(fields, limits) };
        onlyFields(fields, ["user_id", "site"]);
        const tested = await test.send(owner);
        call.audit.did(call.actor, {
          ...{ action: "push.test", did: "pushed a test to", site: owner.site },
          target: `user ${owner.user}`,
        });
        return {
          status: 200,
          json: { user_id: userIdOnWire(owner.user), pushes: tested.map(testedOnWire) },
        };
      },
    },
    {
      method: "GET",
      path: "/push/key",
      scope: "read",
      users: true,
      run: async () => ({ status: 200, json: { public_key: await providers.publicKey() } }),
    },
    {
      method: "POST",
      path: DEVICES,
      scope: "manage",
      users: true,
      async run(call) {
        const fields = await call.fields();
        const registering = registeringOf(call);
        const { device, isNew } = await devices.register(registering, fields);
        const json = {
          ...{ user_id: userIdOnWire(registering.user), ...deviceOnWire(device) },
          ...ignoredInDevice(fields, ["user_id", "site"]),
        };
        return { status: isNew ? 201 : 200, json };
      },
    },
    {
      method: "GET",
      path: DEVICES,
      scope: "read",
      users: true,
      async run(call) {
        const found = await devices.list(ownerOf(call));
        return { status: 200, json: { devices: found.map(deviceOnWire) } };
      },
    },
    {
      method: "DELETE",
      path: `${DEVICES}/:device`,
      scope: "manage",
      users: true,
      async run(call) {
        await devices.remove({ ...ownerOf(call), id: call.param("device") });
        return { status: 204 };
      },
    },
  ];
}

/** The user of the path: the one who calls, or any where an application does. */
function ownerOf(call: Call) {
  const { site, user } = call.actingUser({ user_id: call.param("user") });
  return { site, user };
}

function registeringOf(call: Call): Registering {
  const owner = ownerOf(call);
  const { identity } = call;
  return identity === undefined
    ? { ...owner, isApplication: true }
    : { ...owner, boundTo: boundTo(identity) };
}
