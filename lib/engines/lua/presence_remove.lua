-- Takes a client out of a room.
-- KEYS: connection hash (seed 000), hash of the user's clients in the room
-- ARGV: user field, client id, lease it must belong to ('' for any)
-- Returns 1 if it was the user's last client there.
local found = redis.call('HGET', KEYS[2], ARGV[2])
if not found then
  return 0
end
local space = string.find(found, ' ', 1, true)
if ARGV[3] ~= '' and string.sub(found, 1, space - 1) ~= ARGV[3] then
  return 0
end
redis.call('HDEL', KEYS[2], ARGV[2])
local clients = redis.call('HVALS', KEYS[2])
if #clients == 0 then
  redis.call('HDEL', KEYS[1], ARGV[1])
  return 1
end
for i, client in ipairs(clients) do
  clients[i] = string.sub(client, string.find(client, ' ', 1, true) + 1)
end
local entry = clients[#clients]
if #clients > 1 then
  entry = string.sub(entry, 1, -2) .. ',"clients":[' .. table.concat(clients, ',') .. ']}'
end
redis.call('HSET', KEYS[1], ARGV[1], entry)
return 0
