/** What a setting may hold, and what it means. A kind that only one part needs lies in that part's `settings.ts`. */

export interface Kind<Value = unknown> {
  /** What an error says may stand there. */
  readonly allowed: string;
  test(text: string): boolean;
  /** What a text means that passed the test. */
  parse(text: string): Value;
  /** A text as an error may show it; as it is, if absent. */
  shown?(text: string): string;
}

export const text: Kind<string> = {
  allowed: "any text",
  test: () => true,
  parse: (text) => text,
};

export const secret: Kind<string> = { ...text, shown: () => "***" };

export const filled: Kind<string> = {
  allowed: "a non-empty text in one line",
  test: (text) => /^\P{Cc}+$/u.test(text),
  parse: (text) => text,
};

export const onOff: Kind<boolean> = {
  allowed: "true or false",
  test: (text) => /^(true|false|1|0|yes|no|on|off)$/i.test(text),
  parse: isOn,
};

export const port: Kind<number> = {
  allowed: "a whole number from 0 to 65535",
  test: (text) => /^\d{1,5}$/.test(text) && Number(text) <= 65535,
  parse: Number,
};

export const seconds: Kind<number> = {
  allowed: "a number of seconds from 1 to 86400",
  test: (text) => /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 86400,
  parse: Number,
};

export const secondsOrOff: Kind<number> = orOff(seconds);

export const limit: Kind<number> = orOff({
  allowed: "a whole number from 1 on",
  test: (text) => /^\d{1,15}$/.test(text) && Number(text) >= 1,
  parse: Number,
});

/** A URL whose path and query may be secrets, and that somebody may have written a password into. */
export const secretUrl: Kind<string> = {
  allowed: "an http or https URL without a user or password in it",
  test: isHttpUrl,
  parse: (text) => text,
  shown: (text) => text.replace(/^(\w+:\/\/)?(?:.*@)?([^/?#]*).*$/s, "$1$2/***"),
};

/** One of a few words. */
export function oneOf<Word extends string>(...words: readonly [Word, ...Word[]]): Kind<Word> {
  return {
    allowed: `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`,
    test: (text) => words.some((word) => word === text),
    parse: (text) => words.find((word) => word === text) ?? words[0],
  };
}

/** Texts between commas; there may be none. */
export function listOf(
  allowed: string,
  test: (each: string) => boolean,
): Kind<readonly string[]> {
  return { allowed, test: (text) => listed(text).every(test), parse: listed };
}

/** The same, or nothing. */
export function optional<Value>(kind: Kind<Value>): Kind<Value | undefined> {
  return {
    ...kind,
    test: (text) => text === "" || kind.test(text),
    parse: (text) => text === "" ? undefined : kind.parse(text),
  };
}

/** What stands between commas. */
export function listed(text: string): string[] {
  return text.split(",").map((each) => each.trim()).filter((each) => each !== "");
}

/** Whether a text of the kind "true or false" means true. */
export function isOn(text: string): boolean {
  return /^(true|1|yes|on)$/i.test(text);
}

function orOff(kind: Kind<number>): Kind<number> {
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
