-- Puts a client in a room or takes it out, writes the user's entries of the connection hash anew, and tells the room of a
-- user who came or left, all in one step: who reads the list knows which of these are in it.
-- KEYS: connection hash (of the base protocol), hash of the user's clients in the room: client id to "number lease JSON",
--   hash of the room's users with several clients: user field to how many more than one,
--   sorted set of the room's users by the version with which they came, and of '' by the last version,
--   hash of the plain fields that nodes wrote into the connection hash: plain field to 1,
--   set of what the lease has, sorted set of the site's rooms with somebody in them; the rest is presence_log.lua's
-- ARGV: user, user field, client id, lease (to take out: it must be the client's; '' for any), JSON ('' to take out),
--   most clients in the room ('' for no limit), plain field ('' if the user can have none),
--   JSON of the plain field ('' to write none), pub/sub channel ('' to tell nobody), the rest of what is published,
--   how the lease notes the client ('' where it does not), the room; the rest is presence_log.lua's
-- Returns 1 if this was the user's first client to come or the last one to go, -1 if the room is full, else 0; 1 if the
--   connection hash has entries that no node wrote, else 0; and how many users are in the room now.

-- The connection hash is also other programs' to write. Where one has made another type of it, nobody comes in and no trace
-- stays, but clients go all the same.
local of_hash = redis.pcall
if ARGV[5] ~= '' then
  of_hash = redis.call
  redis.call('HGET', KEYS[1], ARGV[2])
  redis.call('HGET', KEYS[3], ARGV[2])
  redis.call('ZSCORE', KEYS[4], '')
  redis.call('HGET', KEYS[5], '')
end

local clients = {}
local known
local last = 0
local entries = redis.call('HGETALL', KEYS[2])
for i = 1, #entries, 2 do
  local number, lease, json = string.match(entries[i + 1], '^(%d+) (%S+) (.*)$')
  local client = { id = entries[i], number = tonumber(number), lease = lease, json = json }
  last = math.max(last, client.number)
  if client.id == ARGV[3] then
    known = client
  else
    table.insert(clients, client)
  end
end

local function users()
  return math.max(redis.call('ZCARD', KEYS[4]) - 1, 0)
end

-- The first version of a room is the time, so that a room that was empty or lost does not begin with one that was there.
local function nextVersion()
  local version = redis.call('ZSCORE', KEYS[4], '')
  if version then
    version = string.format('%.0f', tonumber(version) + 1)
  else
    local time = redis.call('TIME')
    version = string.format('%.0f', tonumber(time[1]) * 1000000 + tonumber(time[2]))
  end
  redis.call('ZADD', KEYS[4], version, '')
  return version
end

local function tell(kind, version)
  if ARGV[9] ~= '' then
    redis.call('PUBLISH', ARGV[9], kind .. ' 0 - ' .. version .. '.' .. users() .. ' ' .. ARGV[10])
  end
end

-- Where a right to count is missing, nothing is taken for an entry that no node wrote.
local function answer(code)
  local entries, plain = redis.pcall('HLEN', KEYS[1]), redis.pcall('HLEN', KEYS[5])
  local counted = type(entries) == 'number' and type(plain) == 'number'
  return { code, counted and entries > users() + plain and 1 or 0, users() }
end

if ARGV[5] ~= '' then
  if ARGV[6] ~= '' and not known then
    local most = tonumber(ARGV[6])
    local count = users()
    -- Counted apart from the entries: reading all of a large room each time would be dear where clients come and go.
    for _, more in ipairs(count < most and redis.call('HVALS', KEYS[3]) or {}) do
      count = count + tonumber(more)
    end
    if count >= most then
      return answer(-1)
    end
  end
  redis.call('SADD', KEYS[6], ARGV[11]) -- a sweep finds the client, should its node die
  -- Also where the user is not the first one: nodes of an older version keep no list of rooms. A broken list stops nobody.
  redis.pcall('ZADD', KEYS[7], 0, ARGV[12])
  local added = { number = known and known.number or last + 1, json = ARGV[5] }
  table.insert(clients, added)
  redis.call('HSET', KEYS[2], ARGV[3], added.number .. ' ' .. ARGV[4] .. ' ' .. added.json)
else
  if ARGV[11] ~= '' then
    redis.call('SREM', KEYS[6], ARGV[11])
  end
  if not known or (ARGV[4] ~= '' and ARGV[4] ~= known.lease) then
    return answer(0)
  end
  redis.call('HDEL', KEYS[2], ARGV[3])
  if #clients == 0 then
    of_hash('HDEL', KEYS[1], ARGV[2])
    if ARGV[7] ~= '' and redis.pcall('HDEL', KEYS[5], ARGV[7]) == 1 then
      of_hash('HDEL', KEYS[1], ARGV[7])
    end
    local version = nextVersion()
    redis.call('ZREM', KEYS[4], ARGV[1])
    tell('leave', version)
    if users() == 0 then
      redis.call('DEL', KEYS[4])
      redis.pcall('ZREM', KEYS[7], ARGV[12])
    end
    note_change('leave', users())
    return answer(1)
  end
end

if #clients > 1 then
  redis.call('HSET', KEYS[3], ARGV[2], #clients - 1)
elseif #entries > 2 then
  redis.call('HDEL', KEYS[3], ARGV[2])
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
of_hash('HSET', KEYS[1], ARGV[2], entry)
if ARGV[7] ~= '' and ARGV[8] ~= '' then
  redis.call('HSET', KEYS[1], ARGV[7], ARGV[8])
  redis.call('HSET', KEYS[5], ARGV[7], 1)
end
-- A node of an older version, which knows no versions, may have put the user there.
if not redis.call('ZSCORE', KEYS[4], ARGV[1]) then
  local version = nextVersion()
  redis.call('ZADD', KEYS[4], version, ARGV[1])
  if #entries == 0 then
    tell('join', version)
  end
end
if #entries == 0 then
  note_change('join', users())
end
return answer(#entries == 0 and 1 or 0)
