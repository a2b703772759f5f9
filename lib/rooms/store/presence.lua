-- Puts a client in a room or takes it out, and writes the user's entry of the connection hash anew.
-- KEYS: connection hash (of the base protocol), hash of the user's clients in the room: client id to "number lease JSON",
--   hash of the room's users with several clients: user field to how many more than one
-- ARGV: user field, client id, lease (to take out: it must be the client's; '' for any), JSON ('' to take out),
--   most clients in the room ('' for no limit)
-- Returns 1 if this was the user's first client to come or the last one to go, -1 if the room is full, else 0.
local clients = {}
local known
local last = 0
local entries = redis.call('HGETALL', KEYS[2])
for i = 1, #entries, 2 do
  local number, lease, json = string.match(entries[i + 1], '^(%d+) (%S+) (.*)$')
  local client = { id = entries[i], number = tonumber(number), lease = lease, json = json }
  last = math.max(last, client.number)
  if client.id == ARGV[2] then
    known = client
  else
    table.insert(clients, client)
  end
end

if ARGV[4] ~= '' then
  if ARGV[5] ~= '' and not known then
    local most = tonumber(ARGV[5])
    local count = redis.call('HLEN', KEYS[1])
    -- Counted apart from the entries: reading all of a large room each time would be dear where clients come and go.
    for _, more in ipairs(count < most and redis.call('HVALS', KEYS[3]) or {}) do
      count = count + tonumber(more)
    end
    if count >= most then
      return -1
    end
  end
  local added = { number = known and known.number or last + 1, json = ARGV[4] }
  table.insert(clients, added)
  redis.call('HSET', KEYS[2], ARGV[2], added.number .. ' ' .. ARGV[3] .. ' ' .. added.json)
else
  if not known or (ARGV[3] ~= '' and ARGV[3] ~= known.lease) then
    return 0
  end
  redis.call('HDEL', KEYS[2], ARGV[2])
  if #clients == 0 then
    redis.call('HDEL', KEYS[1], ARGV[1])
    return 1
  end
end

if #clients > 1 then
  redis.call('HSET', KEYS[3], ARGV[1], #clients - 1)
elseif #entries > 2 then
  redis.call('HDEL', KEYS[3], ARGV[1])
end

-- The user's entry is the newest client; where the user has several, the entry lists all of them.
table.sort(clients, function(a, b) return a.number < b.number end)
local entry = clients[#clients].json
if #clients > 1 then
  local all = {}
  for _, client in ipairs(clients) do
    table.insert(all, client.json)
  end
  entry = string.sub(entry, 1, -2) .. ',"clients":[' .. table.concat(all, ',') .. ']}'
end
redis.call('HSET', KEYS[1], ARGV[1], entry)
return #entries == 0 and 1 or 0
