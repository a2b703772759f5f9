-- Takes a notification out of the schedule.
-- KEYS: schedule, contents of the schedule, id that a caller made, owner of the id
-- ARGV: "site\nuser\nid", user
-- Returns 1 if the notification was there.
local stored = redis.call('HGET', KEYS[2], ARGV[1])
if not stored then
  return 0
end
redis.call('ZREM', KEYS[1], string.match(stored, '^%d+') .. '\n' .. ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
take_bytes(KEYS[1] .. '-bytes', string.match(ARGV[1], '^[^\n]*\n[^\n]*'), stored)
redis.call('EXPIRE', KEYS[3], CALLERS_ID_SECONDS) -- the id is known for a day from now, no longer
if redis.call('GET', KEYS[4]) == ARGV[2] then
  redis.call('DEL', KEYS[4])
end
return 1
