-- Moves a notification from the schedule into its inbox, if no other node did.
-- ARGV (after an arrival's): its name in the schedule
-- Returns offset (0: another node did; -1: it had expired), how many were dropped that a client had got, how many that
--   none had.
local stored = redis.call('HGET', SCHEDULED_FRAMES, SCHEDULED_ID)
if redis.call('ZREM', SCHEDULED, ARGV[8]) == 0 or not stored then
  return { 0, 0, 0 }
end
redis.call('HDEL', SCHEDULED_FRAMES, SCHEDULED_ID)
local expires_at, is_undated, room, frame = string.match(stored, '^%d+ %d+ (%S+) (%d) ([^\n]*)\n(.*)$')
if expires_at ~= '-' and tonumber(expires_at) <= NOW then
  if redis.call('GET', OWNER) == USER then
    redis.call('DEL', OWNER)
  end
  return { -1, 0, 0 }
end
if is_undated == '1' then
  frame = string.sub(frame, 1, -2) .. ',"timestamp":' .. time[1] .. '}'
end
return arrive(room, frame, expires_at == '-' and '' or expires_at)
