-- Takes a notification out of the schedule. Of one that its user has snoozed, all of the user's clients hear.
-- KEYS: schedule, contents of the schedule, id that a caller made, owner of the id, the user's snoozed ones, what the user has
--   not read
-- ARGV: "site\nuser\nid", user, id, pub/sub channel
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
if is_snoozed(stored) and redis.pcall('ZREM', KEYS[5], ARGV[3]) == 1 then
  local unread = redis.pcall('ZCARD', KEYS[6])
  redis.call('PUBLISH', ARGV[4], 'inbox 0 - - ' .. redis.call('TIME')[1] .. ' \n' .. cjson.encode({
    event = 'delete',
    data = { ids = { ARGV[3] }, unread = type(unread) == 'number' and unread or 0 },
  }))
end
return 1
