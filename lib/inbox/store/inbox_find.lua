-- Reads a notification for a change.
-- ARGV: id
-- Returns offset, what is stored, times, and Unix time in milliseconds it expires ('' for never); nothing if there is none.
open_inbox(1)
local stored, times = redis.call('HGET', CONTENTS, ARGV[1]), redis.call('HGET', TIMES, ARGV[1])
if not stored or not times then
  return {}
end
return { tonumber(redis.call('ZSCORE', ORDER, ARGV[1])), stored, times, redis.call('ZSCORE', EXPIRIES, ARGV[1]) or '' }
