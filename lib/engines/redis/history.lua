-- Reads a channel's history after an offset.
-- KEYS: history stream, position hash
-- ARGV: offset, most entries, seconds an empty history keeps its epoch, origin of an epoch (epoch.lua)
-- Returns offset, epoch, entries, and where earlier epochs ended: "epoch offset epoch offset …", the last one first.
local epoch, is_new = epoch_of(KEYS[2], ARGV[4])
if is_new then
  redis.call('EXPIRE', KEYS[2], ARGV[3])
end
local position = redis.call('HMGET', KEYS[2], 'offset', 'past')
local entries = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2])
return { tonumber(position[1] or 0), epoch, entries, position[2] or '' }
