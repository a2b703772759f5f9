/** Sites: tenants that share a server. */

/** The tenant of everybody who names no other. Nothing ever crosses from one site to another. */
export const DEFAULT_SITE = "default";
