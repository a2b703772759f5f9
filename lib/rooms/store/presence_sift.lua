-- Says which entries of a connection hash no node wrote. A user whom a node of an older version put there is taken over.
-- KEYS: connection hash, sorted set of the room's users by version, hash of plain fields, see presence.lua; then, for each
--   field, the hash of the clients of the user whose field it would be
-- ARGV: the fields, then, for each, the user ('' if it is no user's)
local fields = #ARGV / 2
local foreign = {}
for i = 1, fields do
  local field, user = ARGV[i], ARGV[fields + i]
  local known = redis.call('HEXISTS', KEYS[1], field) == 0 or redis.call('HEXISTS', KEYS[3], field) == 1
  if not known and user ~= '' then
    known = redis.call('ZSCORE', KEYS[2], user)
    if not known and redis.call('EXISTS', KEYS[3 + i]) == 1 then
      local last = redis.call('ZSCORE', KEYS[2], '')
      local time = redis.call('TIME')
      local version = last and tonumber(last) + 1 or tonumber(time[1]) * 1000000 + tonumber(time[2])
      redis.call('ZADD', KEYS[2], string.format('%.0f', version), '', string.format('%.0f', version), user)
      known = true
    end
  end
  if not known then
    table.insert(foreign, field)
  end
end
return foreign
