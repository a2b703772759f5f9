-- Runs the function `run`, whose text stands before this, for an entry of a stream, and takes the entry out in the same step:
-- what is not there any more was run before.
-- KEYS: lock and progress of the way, the stream, then those of `run`
-- ARGV: who must hold the lock, the progress, which is the entry's id, the group of readers, then those of `run`
-- Returns nothing if another node has the turn.
if not claim_turn(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[2]) then
  return {}
end
local stream, group = KEYS[3], ARGV[3]
local entry = string.gsub(ARGV[2], ':', '-')
if #redis.call('XRANGE', stream, entry, entry) == 0 then
  return { 0, '', 1 }
end
KEYS, ARGV = { unpack(KEYS, 4) }, { unpack(ARGV, 4) }
local answer = run()
redis.call('XACK', stream, group, entry)
redis.call('XDEL', stream, entry)
return answer
