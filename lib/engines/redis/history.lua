-- Reads a channel's history after an offset.
-- KEYS: history stream, position hash
-- ARGV: offset, most entries, seconds an empty history keeps its epoch, epoch to take if there is none
-- Returns offset, epoch, entries.
-- HSET runs only if there is no epoch yet: a full Redis refuses the command, even one that would change nothing.
if redis.call('HEXISTS', KEYS[2], 'epoch') == 0 then
  redis.call('HSET', KEYS[2], 'epoch', ARGV[4], 'offset', 0)
  redis.call('EXPIRE', KEYS[2], ARGV[3])
end
local position = redis.call('HMGET', KEYS[2], 'offset', 'epoch')
local entries = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2])
return { tonumber(position[1] or 0), position[2], entries }
