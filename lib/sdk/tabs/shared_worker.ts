/** The SharedWorker's own script: takes the ports of a browser's tabs. `shared_hub.ts` does the work. */
import { defaultTransport } from "../core/default_transport.ts";
import { systemClock } from "../core/clock.ts";
import type { Port } from "./shared_transport.ts";
import { SharedHub } from "./shared_hub.ts";

const hub = new SharedHub(defaultTransport(systemClock));

addEventListener("connect", (event) => {
  const [port] = (event as Event & { readonly ports: readonly Port[] }).ports;
  if (port !== undefined) hub.accept(port);
});
