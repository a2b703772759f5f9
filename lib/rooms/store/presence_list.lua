-- Reads a part of who is in a room, in the order in which the users came.
-- KEYS: connection hash, sorted set of the room's users by version, hash of plain fields, see presence.lua
-- ARGV: version after which it begins ('-inf': with the first), version with which it ends ('+inf': with the last),
--   most users, most users in the room ('' for any number: if there are more, none is read), most bytes (one user at least)
-- Returns the room's last version, how many users are there, 1 if the connection hash has entries that no node wrote, the
--   version of the last user that was read if there are more ('' if not), then the users' entries.
local last = redis.call('ZSCORE', KEYS[2], '')
local version = last and string.format('%.0f', tonumber(last)) or '0'
local users = math.max(redis.call('ZCARD', KEYS[2]) - 1, 0)
local all, plain = redis.pcall('HLEN', KEYS[1]), redis.pcall('HLEN', KEYS[3])
local counted = type(all) == 'number' and type(plain) == 'number'
local foreign = counted and all > users + plain and 1 or 0
local entries = {}
if ARGV[4] ~= '' and users > tonumber(ARGV[4]) then
  return { version, users, foreign, '', entries }
end
local most = tonumber(ARGV[3])
-- One more shows whether there are more, and one may be ''.
local found = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], ARGV[2], 'WITHSCORES', 'LIMIT', 0, most + 2)
local bytes = 0
local at = ''
local more = ''
for i = 1, #found, 2 do
  local user = found[i]
  if user ~= '' then
    local entry = redis.call('HGET', KEYS[1], 'user_' .. user)
    if entry then
      bytes = bytes + #entry
      if #entries >= most or (#entries > 0 and bytes > tonumber(ARGV[5])) then
        more = at
        break
      end
      table.insert(entries, entry)
    else
      redis.call('ZREM', KEYS[2], user) -- somebody else, or a node of an older version, took the entry out
    end
    at = string.format('%.0f', tonumber(found[i + 1]))
  end
end
return { version, users, foreign, more, entries }
