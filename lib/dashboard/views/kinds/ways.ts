/** The ways by which notifications come. */

export const WAYS = [["in_app", "inbox"], ["push", "push"], ["mail", "mail"]] as const;
