/** Sites: tenants that share a server. */

/** The tenant that all belong to who name none; nothing ever crosses a site. */
export const DEFAULT_SITE = "default";
