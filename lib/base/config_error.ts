/** Why a start is refused. */

/** Settings that stop the start; the message names each, its value and what is allowed, one a line. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
