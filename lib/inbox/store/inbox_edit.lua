-- Changes a notification, which comes to the end of its inbox, and fans it out.
-- KEYS (after an arrival's): the keys of the inbox
-- ARGV (after an arrival's): id, SHA-1 of what the change was made of (`sum_of`), pub/sub channel, Unix time in
--   seconds, room, content, content as clients hear it ('': it stays at its place, and nobody is told), Unix time in milliseconds it expires ('' for never)
-- Returns its offset (0: there is none; -1: it is another one by now), how many were dropped that a client had got, how many that
--   none had, and the ids of those of them that had files, one a line.
local ID, SUM, CHANNEL, AT, ROOM, CONTENT, LIVE, EXPIRES_AT = unpack(ARGV, 4)
open_inbox(3)
require_types()
local sum, stored = sum_of(ID)
if not sum then
  return { 0, 0, 0, '' }
end
if sum ~= SUM then
  return { -1, 0, 0, '' }
end

local before = look()
local bytes = (before.bytes or bytes_of(redis.call('ZRANGE', ORDER, 0, -1))) - #stored
local new = '\n' .. AT .. ' ' .. ROOM .. '\n' .. CONTENT
bytes = bytes + #new
redis.call('HSET', CONTENTS, ID, new)
local epoch = epoch_of(POSITION, ORIGIN)
local offset = LIVE == '' and before.offset or before.offset + 1
redis.call('HSET', POSITION, 'offset', offset, 'bytes', bytes)
if LIVE ~= '' then
  for _, set in ipairs({ ORDER, QUEUED, UNREAD, DONE }) do
    redis.call('ZADD', set, 'XX', offset, ID)
  end
end
if EXPIRES_AT == '' then
  redis.call('ZREM', EXPIRIES, ID)
else
  redis.call('ZADD', EXPIRIES, EXPIRES_AT, ID)
  local ends = redis.call('PEXPIRETIME', ORDER)
  if ends > 0 then
    redis.call('PEXPIREAT', EXPIRIES, ends) -- the key may have just been made, and the others have their end already
  end
end
local group = group_in(CONTENT)
if group then
  note_grouped()
  redis.call('HSET', groups_key(), ID, group)
  local ends = redis.call('PEXPIRETIME', ORDER)
  if ends > 0 then
    redis.call('PEXPIREAT', groups_key(), ends)
  end
elseif before.is_grouped then
  redis.call('HDEL', groups_key(), ID)
end
if LIVE == '' then
  return { offset, 0, 0, '' } -- what is over the limits goes with the next arrival
end
local dropped_taken, dropped_queued = tidy(before.size, bytes, nil)
redis.call('PUBLISH', CHANNEL,
  'notification ' .. offset .. ' ' .. epoch .. ' ' .. ID .. ' ' .. AT .. ' ' .. ROOM .. '\n' .. LIVE)
return { offset, dropped_taken, dropped_queued, table.concat(dropped_with_files, '\n') }
