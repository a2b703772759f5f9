/** What is kept of a user's blocks and revocations. */
import { blockOnWire, revocationOnWire } from "./fields.ts";
import type { UserData } from "../../core/user_data.ts";
import type { Revocations } from "./revocations.ts";

/**
 * An erasure ends the user's connections, so that nothing is written anew meanwhile, and leaves blocks and revocations: without
 * them, tokens that count no more would count again. This has to be the first part of an erasure.
 */
export function revocationData(revocations: Revocations): UserData {
  return {
    async *export({ site, user }) {
      for (const each of await revocations.list(site)) {
        if (each.name !== user) continue;
        if (each.kind === "block") yield { type: "block", ...blockOnWire(each) };
        if (each.kind === "user") yield { type: "revocation", ...revocationOnWire(each) };
      }
    },
    async erase({ site, user }) {
      await revocations.disconnect(site, user);
      return { erased: {} };
    },
  };
}
