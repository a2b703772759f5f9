-- Stores a notification, then fans out.
-- KEYS: inbox hash, order set, queued set, sent hash
-- ARGV: id, room, text, inbox size (0: no limit), seconds an untouched inbox is kept, pub/sub channel
local last = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
local seq = (tonumber(last[2]) or 0) + 1
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. '\n' .. ARGV[3])
redis.call('ZADD', KEYS[2], seq, ARGV[1])
redis.call('ZADD', KEYS[3], seq, ARGV[1])
local size = tonumber(ARGV[4])
if size > 0 then
  for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, -size - 1)) do
    redis.call('ZREM', KEYS[2], id)
    redis.call('ZREM', KEYS[3], id)
    redis.call('HDEL', KEYS[1], id)
    redis.call('HDEL', KEYS[4], id)
  end
end
for _, key in ipairs(KEYS) do
  redis.call('EXPIRE', key, ARGV[5])
end
redis.call('PUBLISH', ARGV[6], 'notification 0 - ' .. ARGV[1] .. ' ' .. ARGV[2] .. '\n' .. ARGV[3])
