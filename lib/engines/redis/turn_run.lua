-- Runs the function `run`, whose text stands before this, for a node that has the turn at a way in.
-- KEYS: lock and progress of the way, then those of `run`
-- ARGV: who must hold the lock, the progress, then those of `run`
-- Returns nothing if another node has the turn.
if not claim_turn(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[2]) then
  return {}
end
KEYS, ARGV = { unpack(KEYS, 3) }, { unpack(ARGV, 3) }
return run()
