-- Put before each script that knows of ids that callers made.
local CALLERS_ID_SECONDS = 24 * 3600
