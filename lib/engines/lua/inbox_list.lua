-- Reads notifications of an inbox.
-- KEYS: inbox hash, sorted set of the ids to read, sent hash
-- ARGV: ZRANGE or ZREVRANGE, most entries (0: all)
-- Returns id, stored text, sent time or '' for each.
local ids = redis.call(ARGV[1], KEYS[2], 0, tonumber(ARGV[2]) - 1)
local found = {}
for _, id in ipairs(ids) do
  local stored = redis.call('HGET', KEYS[1], id)
  if stored then
    table.insert(found, id)
    table.insert(found, stored)
    table.insert(found, redis.call('HGET', KEYS[3], id) or '')
  end
end
return found
