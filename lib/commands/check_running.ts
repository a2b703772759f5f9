/**
 * `notifyli check --running`: whether the server answers, found out by connecting to it. systemd/notifyli-watchdog.timer
 * runs it, for a server that cannot say any more that it does not.
 */
import type { Config } from "../configuration.ts";
import { knock, type Knocked, reachable } from "../listeners/knock.ts";

/** A healthy server answers in milliseconds; one that is only slow must not be taken for dead. */
const PATIENCE_SECONDS = 10;
/** So many times in a row it must not answer. */
const TRIES = 3;

/** A server that starts, migrates or stops does not listen: only one that listens can be found dead. */
const EXIT_CODES: Readonly<Record<Knocked, number>> = {
  answers: 0,
  refuses: 1,
  "no descriptor": 1,
  unknown: 1,
  silent: 3,
};

/** Prints what it found; resolves with the exit code. */
export async function checkRunning({ listeners: { host, port } }: Config): Promise<number> {
  const name = reachable(host);
  const address = `${name.includes(":") ? `[${name}]` : name}:${port}`;
  if (port === 0) {
    console.error(
      "Cannot find a server whose APP_PORT is 0: its port is another one at each start",
    );
    return 1;
  }
  const request = `GET /healthz HTTP/1.1\r\nHost: ${address}\r\nConnection: close\r\n\r\n`;
  let knocked: Knocked = "silent";
  for (let left = TRIES; left > 0 && knocked === "silent"; left--) {
    knocked = await knock({ host, port }, { request, ticks: PATIENCE_SECONDS });
  }
  const code = EXIT_CODES[knocked];
  (code === 0 ? console.log : console.error)(`${address} ${SENTENCES[knocked]}`);
  return code;
}

const SENTENCES: Readonly<Record<Knocked, string>> = {
  answers: "answers",
  refuses: "is not listened on: no server runs there, or it starts or stops just now",
  "no descriptor": "cannot be asked: this command has no file descriptor left",
  unknown: "cannot be reached: the connection is not allowed here, or no address of this machine",
  silent: `accepts or answers nothing, in ${TRIES} tries of ${PATIENCE_SECONDS} s`,
};
