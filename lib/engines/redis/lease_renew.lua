-- Takes a lease, or renews one that has not ended yet.
-- KEYS: leases, by when they end
-- ARGV: lease (its name ends with ":" and its milliseconds), milliseconds it lasts, 1 to take a new one
-- Returns 1 if the lease is held now, then the leases that have ended.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or 0)
local held = 0
if ARGV[3] == '1' or ends > now then
  redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
  held = 1
end
-- A lease that ends later than one that is taken now was taken before the clock was set back. It is shortened, since a
-- dead node's would otherwise last for as long as the clock was set back.
for _, lease in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf', 'LIMIT', 0, 1000)) do
  local latest = now + (tonumber(string.match(lease, ':(%d+)$')) or ARGV[2])
  if tonumber(redis.call('ZSCORE', KEYS[1], lease)) > latest then
    redis.call('ZADD', KEYS[1], latest, lease)
  end
end
return { held, redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 100) }
