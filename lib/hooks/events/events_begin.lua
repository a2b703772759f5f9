-- Writes an event into logs, and notes with the lease the one that ends what begins by it, should the node die. Where an
-- earlier lease of the node still has that, nothing has ended, and nobody is told again.
-- KEYS: set of what the lease has, the same of the earlier lease, streams of the logs
-- ARGV: how a lease notes it, names and values of the entry in turn
local is_noted = redis.call('SREM', KEYS[2], ARGV[1]) == 1
redis.call('SADD', KEYS[1], ARGV[1])
for i = is_noted and #KEYS + 1 or 3, #KEYS do
  redis.pcall('XADD', KEYS[i], '*', unpack(ARGV, 2))
end
