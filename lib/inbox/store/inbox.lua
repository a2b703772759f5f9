-- This text stands before each inbox script: the keys of one user's inbox, and what is done with them. One inbox is open at
-- a time.
-- KEYS of an inbox: contents (id to "\ntime room\ncontent"; before version 0.2 it was "room\nframe"); order, queued, unread
--   and done (ids by offset; done is read or archived); times; expiries; position
local CONTENTS, ORDER, QUEUED, UNREAD, DONE, TIMES, EXPIRIES, POSITION
local PREFIX, USER

local time = redis.call('TIME')
local NOW = time[1] * 1000 + math.floor(time[2] / 1000)
local NOW_TEXT = string.format('%d', NOW)

-- Most ids of one command, since Lua's stack has an end.
local TOGETHER = 1000

-- The times of a notification stand in this order, each '' while it did not happen.
local ACCEPTED, SENT, DELIVERED, READ, ARCHIVED = 1, 2, 3, 4, 5

-- The room of a stored notification.
local function room_of(stored)
  return string.match(stored, '^\n%S+ ([^\n]*)') or string.match(stored, '^[^\n]*')
end

-- Reads the times of a notification; nil where there is none.
local function times_in(stored)
  if not stored then
    return nil
  end
  local times = {}
  for value in string.gmatch(stored .. ',', '(%d*),') do
    table.insert(times, value)
  end
  return times
end

local function times_of(id)
  return times_in(redis.call('HGET', TIMES, id))
end

-- Calls `act` with as many ids at a time as one command may have.
local function in_parts(ids, act)
  for first = 1, #ids, TOGETHER do
    act({ unpack(ids, first, math.min(first + TOGETHER - 1, #ids)) })
  end
end

-- What notifications take: the content of each, and 200 bytes for all else.
local EACH_BYTES = 200
local function bytes_of(ids)
  local bytes = 0
  in_parts(ids, function(part)
    for _, stored in ipairs(redis.call('HMGET', CONTENTS, unpack(part))) do
      if stored then
        bytes = bytes + #stored + EACH_BYTES
      end
    end
  end)
  return bytes
end

-- The hash of the groups of notifications, by their ids. It is there where the position has `grouped`.
local function groups_key()
  return PREFIX .. 'inbox-groups:{' .. USER .. '}'
end

-- The groups of notifications, by their ids.
local function groups()
  local found = {}
  if redis.call('HEXISTS', POSITION, 'grouped') == 1 then
    local entries = redis.call('HGETALL', groups_key())
    for i = 1, #entries, 2 do
      found[entries[i]] = entries[i + 1]
    end
  end
  return found
end

-- Removes notifications. Returns how many of them waited for a client.
local function remove(ids)
  local queued = 0
  in_parts(ids, function(part)
    local bytes = bytes_of(part)
    local position = redis.call('HMGET', POSITION, 'bytes', 'grouped')
    if position[2] then
      redis.call('HDEL', groups_key(), unpack(part))
    end
    if bytes > 0 and position[1] then
      redis.pcall('HINCRBY', POSITION, 'bytes', -bytes) -- a Redis that is full may refuse it; the rest goes all the same
    end
    local owners = {}
    for _, id in ipairs(part) do
      local owner = PREFIX .. 'owner:' .. id
      if redis.pcall('GET', owner) == USER then -- another user may have one with the same id
        table.insert(owners, owner)
      end
    end
    if #owners > 0 then
      redis.call('DEL', unpack(owners))
    end
    redis.call('HDEL', CONTENTS, unpack(part))
    redis.call('HDEL', TIMES, unpack(part))
    for _, set in ipairs({ ORDER, UNREAD, DONE, EXPIRIES }) do
      redis.call('ZREM', set, unpack(part))
    end
    queued = queued + redis.call('ZREM', QUEUED, unpack(part))
  end)
  return queued
end

-- Reads each key of the open inbox, which fails where one is of another type: so it does before anything is written.
local function require_types()
  for _, hash in ipairs({ CONTENTS, TIMES, POSITION }) do
    redis.call('HEXISTS', hash, '')
  end
  for _, set in ipairs({ ORDER, QUEUED, UNREAD, DONE, EXPIRIES }) do
    redis.call('ZCARD', set)
  end
end

-- What an error says, whether it is one of Redis or of Lua.
local function reason_of(failure)
  return type(failure) == 'table' and failure.err or tostring(failure)
end

-- Whether Redis would refuse the same of every inbox, for lack of a right or of a command: then nothing is wrong with this one.
local function refuses_all(reason)
  for _, words in ipairs({ 'NOPERM', 'The user executing the script', 'Unknown Redis command' }) do
    if string.find(reason, words, 1, true) then
      return true
    end
  end
  return false
end

-- Opens the inbox whose keys begin at `KEYS[first]`.
local function open_inbox(first)
  CONTENTS, ORDER, QUEUED, UNREAD, DONE, TIMES, EXPIRIES, POSITION = unpack(KEYS, first, first + 7)
  PREFIX, USER = string.match(CONTENTS, '^(.-)inbox%-frames:{(.*)}$')
  remove(redis.call('ZRANGEBYSCORE', EXPIRIES, '-inf', NOW))
end
