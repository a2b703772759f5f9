/**
 * Kinds of settings: what a text may be, and what it means. A kind that only one folder needs is in the settings of that
 * folder, as in `limits/settings.ts`.
 */

export interface SettingKind<Value = unknown> {
  /** Names the allowed texts in an error. */
  readonly allowed: string;
  test(text: string): boolean;
  /** Turns a text that passed the test into its meaning. */
  parse(text: string): Value;
  /** Turns a text into what an error may show of it. Without this, an error shows the text as it is. */
  shown?(text: string): string;
}

export const text: SettingKind<string> = {
  allowed: "any text",
  test: () => true,
  parse: (text) => text,
};

export const secret: SettingKind<string> = { ...text, shown: () => "***" };

export const filled: SettingKind<string> = {
  allowed: "a non-empty text in one line",
  test: (text) => /^\P{Cc}+$/u.test(text),
  parse: (text) => text,
};

export const onOff: SettingKind<boolean> = {
  allowed: "true or false",
  test: (text) => /^(true|false|1|0|yes|no|on|off)$/i.test(text),
  parse: isOn,
};

export const port: SettingKind<number> = {
  allowed: "a whole number from 0 to 65535",
  test: (text) => /^\d{1,5}$/.test(text) && Number(text) <= 65535,
  parse: Number,
};

export const seconds: SettingKind<number> = {
  allowed: "a number of seconds from 1 to 86400",
  test: (text) => /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 86400,
  parse: Number,
};

export const secondsOrOff: SettingKind<number> = orOff(seconds);

export const limit: SettingKind<number> = orOff({
  allowed: "a whole number from 1 on",
  test: (text) => /^\d{1,15}$/.test(text) && Number(text) >= 1,
  parse: Number,
});

/** Bytes: `65536`, `64k`, `10m`, `2g`, where k is 1024; or `off`. */
export const sizeOrOff: SettingKind<number> = orOff({
  allowed: "a number of bytes such as 65536, 64k, 10m or 2g",
  test: (text) => /^\d{1,12}[kmgt]?$/i.test(text) && sizeOf(text) >= 1,
  parse: sizeOf,
});

/** Seconds: `90`, `90s`, `5m`, `2h`, `7d`. */
export const duration: SettingKind<number> = {
  allowed: "a time such as 90s, 5m, 2h or 7d",
  test: (text) => /^\d{1,9}[smhd]?$/i.test(text) && durationOf(text) >= 1,
  parse: durationOf,
};

/** A URL. Errors show only its host: path and query may be secrets, and somebody may have written a password into it. */
export const secretUrl: SettingKind<string> = {
  allowed: "an http or https URL without a user or password in it",
  test: isHttpUrl,
  parse: (text) => text,
  shown: (text) => text.replace(/^(\w+:\/\/)?(?:.*@)?([^/?#]*).*$/s, "$1$2/***"),
};

/** A setting that is one of a few words. */
export function oneOf<Word extends string>(
  ...words: readonly [Word, ...Word[]]
): SettingKind<Word> {
  return {
    allowed: `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`,
    test: (text) => words.some((word) => word === text),
    parse: (text) => words.find((word) => word === text) ?? words[0],
  };
}

/** A setting that is any number of texts, separated by commas. */
export function listOf(
  allowed: string,
  test: (each: string) => boolean,
): SettingKind<readonly string[]> {
  return { allowed, test: (text) => listed(text).every(test), parse: listed };
}

/** The same kind, but an empty text is allowed and means `undefined`. */
export function optional<Value>(kind: SettingKind<Value>): SettingKind<Value | undefined> {
  return {
    ...kind,
    test: (text) => text === "" || kind.test(text),
    parse: (text) => text === "" ? undefined : kind.parse(text),
  };
}

/** Splits a text at its commas. */
export function listed(text: string): string[] {
  return text.split(",").map((each) => each.trim()).filter((each) => each !== "");
}

/** Whether a text of the kind "true or false" means true. */
export function isOn(text: string): boolean {
  return /^(true|1|yes|on)$/i.test(text);
}

function orOff(kind: SettingKind<number>): SettingKind<number> {
  return {
    allowed: `${kind.allowed}, or off`,
    test: (text) => text === "off" || kind.test(text),
    parse: (text) => text === "off" ? Infinity : kind.parse(text),
  };
}

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username + url.password === "";
}

function sizeOf(text: string): number {
  const powers = ["k", "m", "g", "t"];
  return parseInt(text) * 1024 ** (powers.indexOf(text.slice(-1).toLowerCase()) + 1);
}

function durationOf(text: string): number {
  const seconds: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 24 * 3600 };
  return parseInt(text) * (seconds[text.slice(-1).toLowerCase()] ?? 1);
}
