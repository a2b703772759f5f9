-- Keeps a payload aside that was refused, if the caller has the turn, and notes in the same step how far it came: so no other
-- node keeps it once more.
-- KEYS: lock and progress of the way in, stream of what was refused
-- ARGV: holder, place of the payload, 1 if nobody can have come so far without keeping it, most entries of the stream, its fields
-- Returns 1 if the payload is kept, 0 if it was before, -1 if another node has the turn.
local function place_of(text)
  local mark, index = string.match(text, '^(%d+):(%d+)$')
  return tonumber(mark or 0), tonumber(index or 0)
end
local stored = redis.call('GET', KEYS[2]) or ''
local mark, index = place_of(stored)
local own_mark, own_index = place_of(ARGV[2])
local is_behind = own_mark < mark or own_mark == mark and own_index <= index
if is_behind and ARGV[3] == '1' then
  return 0
end
if not claim_turn(KEYS[1], KEYS[2], ARGV[1], ARGV[2], is_behind and stored or ARGV[2]) then
  return -1
end
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], '*', unpack(ARGV, 5))
return 1
