/** Tells the server that the push service has given this browser another subscription. No page need be open. */
import { readKept, writeKept } from "../kept.ts";
import { scope } from "./scope.ts";

/** What could not be told is told by the next page that opens. */
export async function renew(given: PushSubscription | null | undefined): Promise<void> {
  const { registration } = scope;
  const kept = await readKept(registration.scope);
  if (kept === undefined) return;
  const fresh = given ?? await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: kept.key,
  });
  const subscription = fresh.toJSON();
  const response = await fetch(new URL(`push/devices/${kept.device}`, kept.server), {
    method: "POST",
    body: JSON.stringify({ old: kept.subscription, token: subscription }),
  });
  if (response.ok) await writeKept(registration.scope, { ...kept, subscription });
}
