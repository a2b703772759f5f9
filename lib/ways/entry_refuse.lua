-- Moves an entry that was refused from the stream into the one of what was refused, unless another node has.
-- KEYS: stream of the way in, stream of what was refused
-- ARGV: id of the entry, most entries of the other stream, its fields
if #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) > 0 then
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', unpack(ARGV, 3))
  redis.call('XDEL', KEYS[1], ARGV[1])
end
return 0
