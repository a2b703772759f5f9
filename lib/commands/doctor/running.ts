/** What `notifyli doctor` finds about the running server, and about the proxy in front of it. */
import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { request as requestTls } from "node:https";
import { reasonOf } from "../../base/reason.ts";
import type { Config } from "../../configuration.ts";
import { isGuarded } from "../../net/open_mode.ts";
import { localUrl } from "../local_address.ts";
import { callServer, isNobodyThere } from "../local_api.ts";
import { type Finding, findings } from "./finding.ts";

const WITHIN_MS = 5000;

export async function lookAtServer(config: Config): Promise<readonly Finding[]> {
  const found = findings("Server");
  try {
    const { status, json } = await callServer(config, { method: "GET", path: "/readyz" });
    const { ready, reason }: { ready?: unknown; reason?: unknown } = { ...json as object };
    if (ready === true) found.ok(`${localUrl(config)} is ready`);
    else if (ready === false) {
      found.error(
        `${localUrl(config)} is not ready: ${reason}`,
        "mend what it names, or look into its log",
      );
    } else {
      found.error(
        `something answers at ${localUrl(config)} with ${status}, as no notifyli does`,
        "find who has the address (ss -ltnp), or set APP_PORT",
      );
    }
  } catch (error) {
    if (isNobodyThere(error)) found.note(`no server runs at ${localUrl(config)}`);
    else {
      found.error(
        `${localUrl(config)} does not answer: ${reasonOf(error)}`,
        "notifyli check --running says more; restart it where it stays so",
      );
    }
  }
  return found.made;
}

/** Whether users are who they say, and whose addresses are believed. */
export function lookAtAccess(config: Config): readonly Finding[] {
  const found = findings("Access");
  if (isGuarded(config)) {
    found.warning(
      "the server is open: it lets nobody in but programs of this machine, who are whoever they say",
      "set APP_KEY, and have your application sign tokens (docs/auth.md)",
    );
  } else if (config.net.isOpen && config.auth.tokens === undefined) {
    found.error(
      "APP_OPEN is true and there is no key: anybody is whoever they say",
      "set APP_KEY, and take APP_OPEN out (docs/auth.md)",
    );
  } else found.ok("users show who they are");
  return found.made;
}

/** Asks the server the way clients do: through the proxy that is in front of it. */
export async function lookAtProxy(url: URL): Promise<readonly Finding[]> {
  const found = findings("Proxy");
  const [ready, socket] = await Promise.all([
    statusOf(new URL(pathOf(url, "readyz"), url), {}),
    statusOf(new URL(pathOf(url, "ws"), url), {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": randomBytes(16).toString("base64"),
    }),
  ]);
  if (ready === 200) found.ok(`${url.origin} leads to a server that is ready`);
  else if (ready === 503) {
    found.error(
      `${url.origin} leads to a server that is not ready, or to none`,
      "start the server",
    );
  } else {
    found.error(
      `${url.origin} answers ${ready} in place of a notifyli`,
      "compare proxy_pass with APP_HOST, APP_PORT and APP_BASE_PATH",
    );
  }
  if (socket === 426) {
    found.error(
      "the proxy drops the headers of WebSockets",
      "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; (docs/deploy.md)",
    );
  } else if (typeof socket === "number" && socket !== 404 && socket < 500) {
    found.ok(`WebSockets come through (${socket})`);
  } else {
    found.error(
      `WebSockets do not come through: ${socket}`,
      "compare the proxy with docs/deploy.md",
    );
  }
  return found.made;
}

function pathOf({ pathname }: URL, name: string): string {
  return `${pathname.replace(/\/$/, "")}/${name}`;
}

/** The status of an answer, whoever signed the certificate; or why there is none. */
function statusOf(url: URL, headers: Record<string, string>): Promise<number | string> {
  return new Promise((settle) => {
    const ask = url.protocol === "https:" ? requestTls : request;
    const sending = ask(url, {
      ...{ headers, timeout: WITHIN_MS, agent: false, rejectUnauthorized: false },
    });
    sending.on("upgrade", (_, socket) => {
      socket.destroy();
      settle(101);
    });
    sending.on("response", (answer) => {
      answer.resume();
      settle(answer.statusCode ?? 0);
    });
    sending.on("timeout", () => sending.destroy(new Error("no answer in time")));
    sending.on("error", (error) => settle(reasonOf(error)));
    sending.end();
  });
}
