-- This text stands, after inbox.lua, before each script that takes notifications in: how they come into the inbox that is
-- open, at once or from the schedule.
-- KEYS: schedule, contents of the schedule
-- ARGV: most notifications of an inbox and most bytes of them, with a blank between (0: any), milliseconds that one is kept
--   (0: for ever), origin of an epoch (epoch.lua)
local SCHEDULED, SCHEDULED_CONTENTS = KEYS[1], KEYS[2]
local SCHEDULED_BYTES = SCHEDULED .. '-bytes' -- "site\nuser" to the bytes of what is scheduled for the user
local SIZE, MOST_BYTES = string.match(ARGV[1], '^(%d+) (%d+)$')
SIZE, MOST_BYTES = tonumber(SIZE), tonumber(MOST_BYTES)
local KEPT_MS, ORIGIN = tonumber(ARGV[2]), ARGV[3]

-- A hundred years.
local FOR_EVER_MS = 100 * 365 * 24 * 3600 * 1000

-- The name of a notification in the schedule's contents.
local function scheduled_id(site, id)
  return site .. '\n' .. USER .. '\n' .. id
end

-- The keys of the ids that were taken since `forget_ids` was called.
local taken_ids = {}

-- Takes back the ids that `take_id` has taken: what they are of was not stored.
local function forget_ids()
  if #taken_ids > 0 then
    redis.call('DEL', unpack(taken_ids))
    taken_ids = {}
  end
end

-- Says whether an id that a caller made is new. From now on the id is known, for so many seconds.
local function take_id(site, id, seconds)
  if redis.call('HEXISTS', CONTENTS, id) == 1
    or redis.pcall('HEXISTS', SCHEDULED_CONTENTS, scheduled_id(site, id)) == 1 then -- a broken schedule has none
    return false
  end
  local key = PREFIX .. 'inbox-id:{' .. USER .. '}:' .. id
  if not redis.call('SET', key, 1, 'NX', 'EX', seconds) then
    redis.call('GET', key) -- fails where somebody else made the key
    return false
  end
  table.insert(taken_ids, key)
  return true
end

-- The ids of notifications that were dropped since `forget_dropped` was called, and that have files. What a caller put into
-- `data` may look the same.
local dropped_with_files = {}

local function forget_dropped()
  dropped_with_files = {}
end

local function note_files(ids)
  in_parts(ids, function(part)
    for i, stored in ipairs(redis.call('HMGET', CONTENTS, unpack(part))) do
      if stored and (string.find(stored, '"attachments":[', 1, true) or string.find(stored, '"image":{', 1, true)) then
        table.insert(dropped_with_files, part[i])
      end
    end
  end)
end

-- Drops notifications, which are given in the order of their offsets.
-- Returns how many of them a client had got, and how many none had.
local function drop(ids)
  for i = #ids, 1, -1 do
    local unread_at = redis.call('ZSCORE', UNREAD, ids[i])
    if unread_at then
      local highest = tonumber(redis.call('HGET', POSITION, 'dropped')) or 0
      redis.call('HSET', POSITION, 'dropped', math.max(highest, tonumber(unread_at)))
      break
    end
  end
  note_files(ids)
  local queued = remove(ids)
  return #ids - queued, queued
end

-- What is read of the open inbox before anything comes into it. Each of its keys is read but the contents, which are written
-- first: so this fails where one is of another type, before there is a trace of what comes.
local function look()
  local oldest = redis.call('ZRANGE', ORDER, 0, 0)[1]
  local position = redis.call('HMGET', POSITION, 'offset', 'bytes', 'grouped')
  return {
    oldest_times = redis.call('HGET', TIMES, oldest or ''),
    size = oldest and redis.call('ZCARD', ORDER) or 0,
    queued = redis.call('ZCARD', QUEUED),
    unread = redis.call('ZCARD', UNREAD),
    done = redis.call('ZCARD', DONE),
    offset = tonumber(position[1] or 0) or error(redis.error_reply('ERR the offset is not an integer')),
    bytes = position[2] and tonumber(position[2]), -- older versions did not count
    is_grouped = position[3] and true,
  }
end

-- Has all keys end together, at one millisecond, once the last notification is too old. The keys are given a hundredth more
-- time than that, so that few arrivals have to write it anew. `before` is what was there before the last ones came.
local function prolong(before, expires_any)
  local most = KEPT_MS + math.floor(KEPT_MS / 100)
  local ends = redis.call('PEXPIRETIME', POSITION)
  if ends < NOW + KEPT_MS or ends > NOW + most then
    for _, key in ipairs({ CONTENTS, ORDER, QUEUED, UNREAD, TIMES, POSITION }) do
      redis.call('PEXPIREAT', key, NOW + most)
    end
    if before.done > 0 then
      redis.call('PEXPIREAT', DONE, NOW + most)
    end
    if before.size > 0 or expires_any then
      redis.call('PEXPIREAT', EXPIRIES, NOW + most)
    end
    if before.is_grouped then
      redis.call('PEXPIREAT', groups_key(), NOW + most)
    end
    return
  end
  -- A key that was empty was made anew, and has no end.
  if before.size == 0 then
    for _, key in ipairs({ CONTENTS, ORDER, TIMES }) do
      redis.call('PEXPIREAT', key, ends)
    end
  end
  if before.queued == 0 then
    redis.call('PEXPIREAT', QUEUED, ends)
  end
  if before.unread == 0 then
    redis.call('PEXPIREAT', UNREAD, ends)
  end
  if expires_any then
    redis.call('PEXPIREAT', EXPIRIES, ends)
  end
end

-- The first notifications of a set up to a place in it, as many as take so many bytes, and a hundred at the most.
local function first_of(set, last, bytes)
  local ids = {}
  for _, id in ipairs(last < 0 and {} or redis.call('ZRANGE', set, 0, math.min(last, 99))) do
    if bytes <= 0 then
      break
    end
    bytes = bytes - bytes_of({ id })
    table.insert(ids, id)
  end
  return ids
end

-- Drops what is too much or too old. `size` notifications of so many bytes are there; the oldest one of those that were there
-- before has these times, if there is one.
local function tidy(size, bytes, oldest_times)
  local dropped_taken, dropped_queued = 0, 0
  local function drop_these(ids)
    local taken, queued = drop(ids)
    dropped_taken, dropped_queued = dropped_taken + taken, dropped_queued + queued
  end

  if KEPT_MS > 0 then
    local function is_old(times)
      return times and (tonumber(times[ACCEPTED]) or NOW) <= NOW - KEPT_MS
    end
    if is_old(times_in(oldest_times)) then
      local old = {}
      for _, id in ipairs(redis.call('ZRANGE', ORDER, 0, 99)) do
        if not is_old(times_of(id)) then
          break
        end
        table.insert(old, id)
      end
      drop_these(old)
    end
  end

  local excess = SIZE > 0 and size - dropped_taken - dropped_queued - SIZE or 0
  while excess > 0 do
    local last = math.min(excess, TOGETHER) - 1
    local ids = redis.call('ZRANGE', DONE, 0, last)
    if #ids == 0 then
      ids = redis.call('ZRANGE', ORDER, 0, last)
    end
    if #ids == 0 then
      break
    end
    drop_these(ids)
    excess = excess - #ids
  end

  while MOST_BYTES > 0 and bytes > MOST_BYTES do
    local over = tonumber(redis.call('HGET', POSITION, 'bytes')) - MOST_BYTES
    local ids = first_of(DONE, 99, over)
    if #ids == 0 then
      ids = first_of(ORDER, redis.call('ZCARD', ORDER) - 2, over) -- the last one stays
    end
    if #ids == 0 then
      break
    end
    drop_these(ids)
  end
  return dropped_taken, dropped_queued
end

-- The group that a content names; nil where there is none.
local function group_in(content)
  if not string.find(content, '"group":', 1, true) then
    return nil -- as most
  end
  local is_json, read = pcall(cjson.decode, content)
  local details = is_json and type(read) == 'table' and read.details
  local group = type(details) == 'table' and details.group
  return type(group) == 'string' and group or nil
end

-- Notes that notifications of the open inbox have groups.
local function note_grouped()
  redis.call('HSET', POSITION, 'grouped', 1)
end

-- Stores notifications in their order, drops what is too much or too old, and fans out what has not expired on its way
-- here. Each notification has `id`, `room`, `at` ('-' for now), `content`, and `expires_at` ('' for never).
-- Returns the offset of the first one, how many were dropped that a client had got, and how many that none had. Fails before
-- anything is written where the inbox is broken.
local function arrive(channel, notifications)
  local count = #notifications
  if count == 0 then
    return 0, 0, 0
  end
  local before = look()
  local offset = before.offset
  local bytes = before.bytes or bytes_of(redis.call('ZRANGE', ORDER, 0, -1))

  local contents, times, places, grouped = {}, {}, {}, {}
  for i, new in ipairs(notifications) do
    new.said = (new.at == '-' and time[1] or new.at) .. ' ' .. new.room .. '\n' .. new.content
    bytes = bytes + #new.said + 1 + EACH_BYTES
    contents[2 * i - 1], contents[2 * i] = new.id, '\n' .. new.said
    times[2 * i - 1], times[2 * i] = new.id, NOW_TEXT .. ',,,,'
    places[2 * i - 1], places[2 * i] = offset + i, new.id
    local group = group_in(new.content)
    if group then
      table.insert(grouped, new.id)
      table.insert(grouped, group)
    end
  end
  if #grouped > 0 then
    redis.call('HSET', groups_key(), unpack(grouped)) -- first, since it fails where the key is of another type
  end
  redis.call('HSET', CONTENTS, unpack(contents))
  local epoch = epoch_of(POSITION, ORIGIN)
  redis.call('HSET', POSITION, 'offset', offset + count, 'bytes', bytes)
  redis.call('HSET', TIMES, unpack(times))
  local size = before.size + redis.call('ZADD', ORDER, unpack(places))
  redis.call('ZADD', QUEUED, unpack(places))
  redis.call('ZADD', UNREAD, unpack(places))
  local expires_any = false
  for _, new in ipairs(notifications) do
    if KEPT_MS > 0 then
      redis.call('SET', PREFIX .. 'owner:' .. new.id, USER, 'PX', KEPT_MS)
    else
      redis.call('SET', PREFIX .. 'owner:' .. new.id, USER)
    end
    if new.expires_at ~= '' then
      redis.call('ZADD', EXPIRIES, new.expires_at, new.id)
      expires_any = true
    end
  end

  if #grouped > 0 then
    note_grouped()
  end
  if KEPT_MS > 0 then
    prolong(before, expires_any)
    if #grouped > 0 then
      redis.call('PEXPIREAT', groups_key(), redis.call('PEXPIRETIME', POSITION))
    end
  else
    redis.call('PEXPIREAT', POSITION, string.format('%d', NOW + FOR_EVER_MS)) -- that of an empty inbox ends soon
  end
  local dropped_taken, dropped_queued = tidy(size, bytes, before.oldest_times)

  for i, new in ipairs(notifications) do
    if new.expires_at == '' or tonumber(new.expires_at) > NOW then
      redis.call('PUBLISH', channel,
        'notification ' .. offset + i .. ' ' .. epoch .. ' ' .. new.id .. ' ' .. new.said)
    end
  end
  return offset + 1, dropped_taken, dropped_queued
end

-- What is stored of a notification in the open inbox, as one sum; nil where there is none. Then its content.
local function sum_of(id)
  local stored, times = redis.call('HGET', CONTENTS, id), redis.call('HGET', TIMES, id)
  if not stored or not times then
    return nil
  end
  return redis.sha1hex(stored .. '\n' .. times .. '\n' .. (redis.call('ZSCORE', EXPIRIES, id) or '')), stored
end
