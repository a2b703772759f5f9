/** The setting of the database. */
import { optional, type SettingKind } from "../../config/kinds.ts";
import { slice } from "../../config/slice.ts";

export interface DatabaseConfig {
  /** PostgreSQL's URL; absent where the database is the embedded store's file. */
  readonly url?: string;
}

const postgresUrl: SettingKind<string> = {
  allowed: "a URL such as postgres://user:password@host:5432/database, percent-encoded, " +
    "with ?sslmode=require for TLS",
  test: isPostgresUrl,
  parse: (text) => text,
  shown: (text) => text.replace(/^(\w+:\/\/).*@/, "$1***@").replace(/\?.*$/, "?…"),
};

export const database = slice({
  name: "database",
  title: "Database",
  settings: {
    DATABASE_URL: {
      default: "",
      help: "PostgreSQL for conversations: `postgres://user:password@host:5432/database`; " +
        "without it they are in a SQLite file, which serves one server",
      kind: optional(postgresUrl),
    },
  },
  config: (read): DatabaseConfig => ({ url: read.value("DATABASE_URL") }),
});

function isPostgresUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && ["postgres:", "postgresql:"].includes(url.protocol) &&
    (url.hostname !== "" || url.searchParams.has("host"));
}
