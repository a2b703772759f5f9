/** The routes that export and erase what is kept of one user. */
import { userIdField } from "../base/fields.ts";
import type { Limits } from "../base/sizes.ts";
import type { AllUserData, DataSubject } from "../core/user_data.ts";
import type { Call } from "./call.ts";
import type { Route } from "./route.ts";

const PATH = "/users/:user/data";

export function userDataRoutes(data: AllUserData, limits: Limits): readonly Route[] {
  return [
    {
      method: "GET",
      path: PATH,
      scope: "manage",
      run(call) {
        const subject = subjectOf(call, limits);
        call.audit.userData(call.actor, "export", subject);
        return { status: 200, lines: data.export(subject) };
      },
    },
    {
      method: "DELETE",
      path: PATH,
      scope: "manage",
      async run(call) {
        const subject = subjectOf(call, limits);
        const { erased, isDone } = await data.erase(subject);
        call.audit.userData(call.actor, "erase", subject);
        return { status: isDone ? 200 : 202, json: { erased, done: isDone } };
      },
    },
  ];
}

function subjectOf(call: Call, limits: Limits): DataSubject {
  const site = call.managedSite({});
  return { site, user: userIdField({ user_id: call.param("user") }, limits) };
}
