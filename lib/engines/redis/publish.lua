-- Appends to a channel's history, then fans out. Entry ids are "offset-0".
-- KEYS: history stream, position hash, id that a client made
-- ARGV: pub/sub channel, kind, id, Unix time in seconds, content, history size, history seconds, origin of an epoch
--   (epoch.lua), seconds a client's id is known (0: the id is not a client's), seconds the position is kept
-- Returns offset, epoch, 1 if the client's id was known.
if ARGV[9] ~= '0' then
  local known = redis.call('GET', KEYS[3])
  if known then
    local offset, epoch = string.match(known, '^(%d+) (.*)$')
    return { tonumber(offset), epoch, 1 }
  end
end
local epoch = epoch_of(KEYS[2], ARGV[8])
local offset = redis.call('HINCRBY', KEYS[2], 'offset', 1)
if ARGV[9] ~= '0' then
  redis.call('SET', KEYS[3], offset .. ' ' .. epoch, 'EX', ARGV[9])
end
redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[6], offset .. '-0',
  'kind', ARGV[2], 'id', ARGV[3], 'at', ARGV[4], 'content', ARGV[5])
redis.call('EXPIRE', KEYS[1], ARGV[7])
redis.call('EXPIRE', KEYS[2], ARGV[10])
-- The room is empty here: the channels that have a history are rooms, and need not name one.
redis.call('PUBLISH', ARGV[1],
  ARGV[2] .. ' ' .. offset .. ' ' .. epoch .. ' ' .. ARGV[3] .. ' ' .. ARGV[4] .. ' \n' .. ARGV[5])
return { offset, epoch, 0 }
