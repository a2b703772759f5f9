-- Moves a notification from the schedule into its inbox, unless another node has.
-- KEYS (after an arrival's): the keys of the inbox
-- ARGV (after an arrival's): site, id, its name in the schedule, pub/sub channel
-- Returns offset (0: another node did; -1: it had expired), how many were dropped that a client had got, and how many that
--   none had.
open_inbox(3)
local SITE, ID, NAME, CHANNEL = unpack(ARGV, 4)
local name = scheduled_id(SITE, ID)
local stored = redis.call('HGET', SCHEDULED_CONTENTS, name)
if redis.call('ZREM', SCHEDULED, NAME) == 0 or not stored then
  return { 0, 0, 0 }
end
redis.call('HDEL', SCHEDULED_CONTENTS, name)
local expires_at, at, room, content = string.match(stored, '^%d+ %d+ (%S+) (%S+) ([^\n]*)\n(.*)$')
if string.sub(content, 1, 8) == '{"type":' then
  at = '-' -- a frame of before version 0.2 has its time in itself, if it has one; `at` was 1 if it had none
end
if expires_at ~= '-' and tonumber(expires_at) <= NOW then
  local owner = PREFIX .. 'owner:' .. ID
  if redis.call('GET', owner) == USER then
    redis.call('DEL', owner)
  end
  return { -1, 0, 0 }
end
return { arrive(CHANNEL, {
  { id = ID, room = room, at = at, content = content, expires_at = expires_at == '-' and '' or expires_at },
}) }
