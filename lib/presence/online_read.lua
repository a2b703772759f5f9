-- Says what all nodes know of users.
-- KEYS: sorted set of users who are about to be offline, then for each user the set of the leases of the nodes where the user
--   is, and the hash of what nodes know of the user
-- ARGV: the users as the sorted set has them
-- Returns the time in Unix milliseconds, then for each user the leases, 1 if the user is about to be offline, and the hash.
local time = redis.call('TIME')
local answer = { string.format('%.0f', tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)) }
for i, user in ipairs(ARGV) do
  table.insert(answer, {
    redis.call('SRANDMEMBER', KEYS[2 * i], 1000),
    redis.call('ZSCORE', KEYS[1], user) and 1 or 0,
    redis.call('HGETALL', KEYS[2 * i + 1]),
  })
end
return answer
