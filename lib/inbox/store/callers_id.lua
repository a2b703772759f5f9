-- This text stands before each script that has to do with ids that callers made.
local CALLERS_ID_SECONDS = 24 * 3600
