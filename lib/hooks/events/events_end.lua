-- Writes into logs the event that ends what has begun, once: a node does, or whoever sweeps what it left.
-- KEYS: set of what the lease has, streams of the logs
-- ARGV: how the lease notes it, names and values of the entry in turn
if redis.call('SREM', KEYS[1], ARGV[1]) == 1 then
  for i = 2, #KEYS do
    redis.pcall('XADD', KEYS[i], '*', unpack(ARGV, 2))
  end
end
