-- Changes a notification that is scheduled.
-- KEYS: schedule, contents of the schedule, id that a caller made, the user's snoozed ones, what the user has
--   not read
-- ARGV: "site\nuser\nid", SHA-1 of what the change was made of, Unix time in milliseconds it is due, and at which it expires
--   ('-' for never), Unix time in seconds ('-' for when it is delivered), room, content, most bytes that are scheduled for a user
--   (0: any), pub/sub channel
-- Returns 1 if it is changed, 0 if there is none, -1 if it is another one by now, -2 if it would be too much.
local NAME, SUM, DUE, EXPIRES_AT, AT, ROOM, CONTENT, MOST_BYTES, CHANNEL = unpack(ARGV)
local stored = redis.call('HGET', KEYS[2], NAME)
if not stored then
  return 0
end
if redis.sha1hex(stored) ~= SUM then
  return -1
end
local accepted, before = string.match(stored, '^(%d+) [^\n]*\n(.*)$')
local bytes_key, user = KEYS[1] .. '-bytes', string.match(NAME, '^[^\n]*\n[^\n]*')
local grown = #CONTENT - #before
local bytes = tonumber(redis.call('HGET', bytes_key, user) or 0) + grown
if grown > 0 and tonumber(MOST_BYTES) > 0 and bytes > tonumber(MOST_BYTES) then
  return -2
end
redis.call('ZADD', KEYS[1], DUE, accepted .. '\n' .. NAME)
redis.call('HSET', KEYS[2], NAME,
  accepted .. ' ' .. DUE .. ' ' .. EXPIRES_AT .. ' ' .. AT .. ' ' .. ROOM .. '\n' .. CONTENT)
if bytes > 0 then
  redis.call('HSET', bytes_key, user, bytes)
end
local time = redis.call('TIME')
local id = string.match(NAME, '[^\n]*$')
if is_snoozed(stored) and redis.call('ZADD', KEYS[4], 'XX', 'CH', DUE, id) == 1 then
  redis.call('PUBLISH', CHANNEL, 'inbox 0 - - ' .. time[1] .. ' \n' .. cjson.encode({
    event = 'snooze',
    data = { ids = { id }, unread = redis.call('ZCARD', KEYS[5]), snoozed_until = math.floor(tonumber(DUE) / 1000) },
  }))
end
local seconds = math.max(0, math.ceil(tonumber(DUE) / 1000 - time[1]))
redis.call('EXPIRE', KEYS[3], seconds + CALLERS_ID_SECONDS)
return 1
