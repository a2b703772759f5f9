-- Moves a notification from its inbox into the schedule, and tells all of the user's clients.
-- KEYS (after an arrival's): the keys of the inbox, the user's snoozed ones
-- ARGV (after an arrival's): id, SHA-1 of what the change was made of (inbox_edit.lua), site, pub/sub channel, Unix time in
--   milliseconds it is due, Unix time in milliseconds it expires ('' for never), Unix time in seconds, room, content
-- Returns 1 (0: there is none; -1: it is another one by now; -2: as much is scheduled for the user as may be), and how many are
--   unread now.
local ID, SUM, SITE, CHANNEL, DUE, EXPIRES_AT, AT, ROOM, CONTENT = unpack(ARGV, 4)
open_inbox(3)
require_types()
redis.call('ZCARD', SCHEDULED)
redis.call('ZCARD', KEYS[11])
local sum = sum_of(ID)
if not sum then
  return { 0, 0 }
end
if sum ~= SUM then
  return { -1, 0 }
end
if is_too_much(SITE, #CONTENT + EACH_BYTES) then
  return { -2, 0 }
end
remove({ ID })
put_for_later(SITE, ID, DUE, EXPIRES_AT, AT, ROOM, CONTENT)
redis.call('ZADD', KEYS[11], DUE, ID)
local seconds = math.max(0, math.ceil((tonumber(DUE) - NOW) / 1000))
redis.call('EXPIRE', PREFIX .. 'inbox-id:{' .. USER .. '}:' .. ID, seconds + CALLERS_ID_SECONDS)
local unread = redis.call('ZCARD', UNREAD)
redis.call('PUBLISH', CHANNEL, 'inbox 0 - - ' .. time[1] .. ' \n' .. cjson.encode({
  event = 'snooze',
  data = { ids = { ID }, unread = unread, snoozed_until = math.floor(tonumber(DUE) / 1000) },
}))
return { 1, unread }
