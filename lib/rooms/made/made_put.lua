-- Stores a room and tells all nodes, in one step: no room is stored that a node was not told of.
-- KEYS: hash of the site's rooms (pattern to "at made fields"), sorted set of the sites that have rooms, sorted set of
--   rooms that were deleted ("site pattern"), by when
-- ARGV: site, pattern, fields, most rooms of the site ('' for any number), when it was changed last ('' whenever),
--   pub/sub channel; times are Unix times in milliseconds
-- Returns what became of it, and what is stored.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local known = redis.call('HGET', KEYS[1], ARGV[2])
local known_at, made = string.match(known or '', '^(%d+) (%d+) ')
if ARGV[5] ~= '' and known_at ~= ARGV[5] then
  return { 'outdated', '' }
end
if not known and ARGV[4] ~= '' then
  local count = redis.pcall('HLEN', KEYS[1]) -- without the right to count, there is no limit
  if type(count) == 'number' and count >= tonumber(ARGV[4]) then
    return { 'full', '' }
  end
end
local member = ARGV[1] .. ' ' .. ARGV[2]
local gone = redis.call('ZSCORE', KEYS[3], member)
-- The clocks of two Redis differ: it is later than what was before.
local at = string.format('%.0f', math.max(now, tonumber(known_at or 0) + 1, tonumber(gone or 0) + 1))
local value = at .. ' ' .. (made or at) .. ' ' .. ARGV[3]
redis.call('HSET', KEYS[1], ARGV[2], value)
redis.call('ZADD', KEYS[2], 0, ARGV[1])
redis.call('ZREM', KEYS[3], member)
redis.call('PUBLISH', ARGV[6], 'made\n' .. ARGV[1] .. '\n' .. ARGV[2] .. '\n' .. value)
return { known and 'changed' or 'made', value }
