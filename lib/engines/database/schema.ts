/** The schema in which PostgreSQL has all tables, so that they may share a database with an application's. */
export const SCHEMA = "notifyli";
