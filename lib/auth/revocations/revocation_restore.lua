-- Stores what a node knows of revocations and Redis has lost, and tells all nodes. What was said later counts: a revocation
-- that is stored, and one that was lifted.
-- KEYS: hash of revocations, sorted set of those that end, sorted set of those that were lifted, by when
-- ARGV: pub/sub channel, then field, at, end of each (an end of 0 is never); times are Unix times in milliseconds
for i = 2, #ARGV, 3 do
  local field, at, ends = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local known = redis.call('HGET', KEYS[1], field)
  local known_at = tonumber(known and string.match(known, '^%d+') or -1)
  local lifted_at = tonumber(redis.call('ZSCORE', KEYS[3], field) or -1)
  if at > known_at and at > lifted_at then
    local value = string.format('%.0f %.0f', at, ends)
    redis.call('HSET', KEYS[1], field, value)
    if ends == 0 then
      redis.call('ZREM', KEYS[2], field)
    else
      redis.call('ZADD', KEYS[2], ends, field)
    end
    redis.call('PUBLISH', ARGV[1], 'revoked ' .. value .. ' ' .. field)
  end
end
