/** The error of settings that stop the start. */

/** The message has a line for each wrong setting: its name, its value and what is allowed. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
