-- Stores what a node knows of a site's rooms and Redis has lost, and tells all nodes. What was said later counts: a room
-- that is stored, and one that was deleted.
-- KEYS: hash of the site's rooms, sorted set of the sites that have rooms, sorted set of rooms that were deleted, by when
-- ARGV: site, pub/sub channel, then pattern and "at made fields" of each
for i = 3, #ARGV, 2 do
  local pattern, value = ARGV[i], ARGV[i + 1]
  local at = tonumber(string.match(value, '^%d+'))
  local known_at = string.match(redis.call('HGET', KEYS[1], pattern) or '', '^%d+')
  local gone = redis.call('ZSCORE', KEYS[3], ARGV[1] .. ' ' .. pattern)
  if at > tonumber(known_at or -1) and at > tonumber(gone or -1) then
    redis.call('HSET', KEYS[1], pattern, value)
    redis.call('ZADD', KEYS[2], 0, ARGV[1])
    redis.call('PUBLISH', ARGV[2], 'made\n' .. ARGV[1] .. '\n' .. pattern .. '\n' .. value)
  end
end
return 0
