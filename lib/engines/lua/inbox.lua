-- Put before each inbox script: the keys of one user's inbox, and what is done with them.
-- KEYS: frames (id to "room\nframe"), order, queued, unread, done (id by offset; done is read or archived), times,
--   expiries, position
local FRAMES, ORDER, QUEUED, UNREAD, DONE = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local TIMES, EXPIRIES, POSITION = KEYS[6], KEYS[7], KEYS[8]

local time = redis.call('TIME')
local NOW = time[1] * 1000 + math.floor(time[2] / 1000)

-- Times of a notification, in this order, each '' while it did not happen.
local ACCEPTED, SENT, DELIVERED, READ, ARCHIVED = 1, 2, 3, 4, 5

local function times_of(id)
  local stored = redis.call('HGET', TIMES, id)
  if not stored then
    return nil
  end
  local times = {}
  for value in string.gmatch(stored .. ',', '(%d*),') do
    table.insert(times, value)
  end
  return times
end

local function set_times(id, times)
  redis.call('HSET', TIMES, id, table.concat(times, ','))
end

local PREFIX, USER = string.match(FRAMES, '^(.-)inbox%-frames:{(.*)}$')

local function remove(id)
  local owner = PREFIX .. 'owner:' .. id
  if redis.call('GET', owner) == USER then -- another user may have one with the same id
    redis.call('DEL', owner)
  end
  redis.call('HDEL', FRAMES, id)
  redis.call('HDEL', TIMES, id)
  for _, set in ipairs({ ORDER, QUEUED, UNREAD, DONE, EXPIRIES }) do
    redis.call('ZREM', set, id)
  end
end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', EXPIRIES, '-inf', NOW)) do
  remove(id)
end
