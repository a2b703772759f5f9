-- Counts the users of rooms. A room without any is no longer in the list of those with somebody in them: a node of an older
-- version, which keeps no such list, may have taken the last one out.
-- KEYS: sorted set of the site's rooms with somebody in them, then, for each room, the sorted set of its users by version
-- ARGV: the rooms
-- Returns how many users are in each.
local counts = {}
for i, room in ipairs(ARGV) do
  local count = redis.pcall('ZCARD', KEYS[1 + i])
  counts[i] = type(count) == 'number' and math.max(count - 1, 0) or 0
  if counts[i] == 0 then
    redis.pcall('ZREM', KEYS[1], room)
  end
end
return counts
