-- Marks notifications as handed to a client.
-- KEYS: queued set, sent hash
-- ARGV: Unix time in milliseconds, seconds an untouched inbox is kept, ids
for i = 3, #ARGV do
  if redis.call('ZREM', KEYS[1], ARGV[i]) == 1 then
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[1])
  end
end
redis.call('EXPIRE', KEYS[2], ARGV[2])
