-- This text stands, after inbox.lua, before each script that changes notifications: how those of the open inbox are changed.
local STATES = { sent = SENT, delivered = DELIVERED, read = READ, archive = ARCHIVED }

-- Logs that a notification has come to a state, for its sender.
local function log_receipt(receipts, site, id, name)
  local room = room_of(redis.call('HGET', CONTENTS, id) or '')
  redis.call('XADD', receipts, '*', 'site', site, 'user', USER, 'id', id, 'room', room, 'state', name, 'at', NOW_TEXT)
end

-- Puts a notification back into the list of its inbox. @param times those that it has then
local function unarchive(id, times)
  redis.call('HSET', TIMES, id, table.concat(times, ','))
  if times[READ] ~= '' then
    return
  end
  redis.call('ZREM', DONE, id)
  redis.call('ZADD', UNREAD, redis.call('ZSCORE', ORDER, id), id)
  local ends = redis.call('PEXPIRETIME', ORDER)
  if ends > 0 then
    redis.call('PEXPIREAT', UNREAD, ends) -- the key may have just been made, and the others have their end already
  end
end

-- `change` is sent | delivered | read | archive | unarchive | delete; `receipts` is the log of receipts, nil where none is kept.
-- Returns the ids of those that were changed.
local function mark(change, ids, site, receipts)
  local state = STATES[change]

  -- The times of those that are there, each once.
  local all_times = {}
  in_parts(ids, function(part)
    for i, stored in ipairs(redis.call('HMGET', TIMES, unpack(part))) do
      all_times[part[i]] = times_in(stored)
    end
  end)

  local changed = {}
  if change == 'unarchive' then
    for _, id in ipairs(ids) do
      local times = all_times[id]
      if times and times[ARCHIVED] ~= '' then
        times[ARCHIVED] = ''
        unarchive(id, times)
        table.insert(changed, id)
      end
    end
    return changed
  end
  for _, id in ipairs(ids) do
    local times = all_times[id]
    if times and not state then
      table.insert(changed, id)
      all_times[id] = nil
    elseif times and times[state] == '' then
      local is_delivered = times[DELIVERED] == '' and (state == DELIVERED or state == READ)
      -- Each state implies those before it; but what is archived need not have been read.
      for i = state == ARCHIVED and ARCHIVED or SENT, state do
        if times[i] == '' then
          times[i] = NOW_TEXT
        end
      end
      if receipts and is_delivered then
        log_receipt(receipts, site, id, 'delivered')
      end
      if receipts and state == READ then
        log_receipt(receipts, site, id, 'read')
      end
      table.insert(changed, id)
    end
  end

  if not state then
    remove(changed)
  else
    in_parts(changed, function(part)
      local written = {}
      for i, id in ipairs(part) do
        written[2 * i - 1], written[2 * i] = id, table.concat(all_times[id], ',')
      end
      redis.call('HSET', TIMES, unpack(written))
      if state ~= ARCHIVED then
        redis.call('ZREM', QUEUED, unpack(part))
      end
      if state == READ or state == ARCHIVED then
        redis.call('ZREM', UNREAD, unpack(part))
        local done = {}
        for i, id in ipairs(part) do
          done[2 * i - 1], done[2 * i] = redis.call('ZSCORE', ORDER, id), id
        end
        redis.call('ZADD', DONE, unpack(done))
        local ends = redis.call('PEXPIRETIME', ORDER)
        if ends > 0 then
          redis.call('PEXPIREAT', DONE, ends) -- the key may have just been made, and the others have their end already
        end
      end
    end)
  end
  return changed
end
