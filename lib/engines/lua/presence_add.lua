-- Puts a client in a room.
-- KEYS: connection hash (seed 000), hash of the user's clients in the room
-- ARGV: user field, client id, lease, client as JSON
-- Returns 1 if it is the user's first client there.
local known = redis.call('HLEN', KEYS[2])
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3] .. ' ' .. ARGV[4])
local entry = ARGV[4]
local clients = redis.call('HVALS', KEYS[2])
if #clients > 1 then
  for i, client in ipairs(clients) do
    clients[i] = string.sub(client, string.find(client, ' ', 1, true) + 1)
  end
  entry = string.sub(entry, 1, -2) .. ',"clients":[' .. table.concat(clients, ',') .. ']}'
end
redis.call('HSET', KEYS[1], ARGV[1], entry)
return known == 0 and 1 or 0
