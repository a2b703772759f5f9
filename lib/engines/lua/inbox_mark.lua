-- Changes notifications, and tells the user's clients what the user did.
-- KEYS (after the inbox's): the log of receipts, if it is kept
-- ARGV: sent | delivered | read | archive | delete, offset up to which all are meant ('' where ids follow), site, user,
--   pub/sub channel, ids
-- Returns the count of unread ones, then the ids that were not in that state yet.
open_inbox(1)
local state = ({ sent = SENT, delivered = DELIVERED, read = READ, archive = ARCHIVED })[ARGV[1]]
local ids = {}
if ARGV[2] ~= '' then
  ids = redis.call('ZRANGEBYSCORE', ORDER, '-inf', ARGV[2])
else
  for i = 6, #ARGV do
    table.insert(ids, ARGV[i])
  end
end

-- Logs that a notification has come to a state, for its sender.
local function log_receipt(id, name)
  local room = string.match(redis.call('HGET', FRAMES, id) or '', '^[^\n]*')
  redis.call('XADD', KEYS[9], '*', 'site', ARGV[3], 'user', ARGV[4], 'id', id, 'room', room, 'state', name, 'at',
    string.format('%d', NOW))
end

-- Of those that are there, each once.
local all_times = {}
in_parts(ids, function(part)
  for i, stored in ipairs(redis.call('HMGET', TIMES, unpack(part))) do
    all_times[part[i]] = times_in(stored)
  end
end)

local changed = {}
for _, id in ipairs(ids) do
  local times = all_times[id]
  if times and not state then
    table.insert(changed, id)
    all_times[id] = nil
  elseif times and times[state] == '' then
    local is_delivered = times[DELIVERED] == '' and (state == DELIVERED or state == READ)
    -- Each state implies the ones before it; but what is archived need not have been read.
    for i = state == ARCHIVED and ARCHIVED or SENT, state do
      if times[i] == '' then
        times[i] = NOW_TEXT
      end
    end
    if KEYS[9] and is_delivered then
      log_receipt(id, 'delivered')
    end
    if KEYS[9] and state == READ then
      log_receipt(id, 'read')
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
      local left = redis.call('PTTL', ORDER)
      if left > 0 then
        redis.call('PEXPIRE', DONE, left) -- it may have just been made, when the others had their time already
      end
    end
  end)
end
local unread = redis.call('ZCARD', UNREAD)
if #changed > 0 and ARGV[1] ~= 'sent' and ARGV[1] ~= 'delivered' then
  -- Ids are of letters, digits, "_" and "-" alone.
  redis.call('PUBLISH', ARGV[5], 'inbox 0 - - -\n{"type":"inbox","event":"' .. ARGV[1] .. '","ids":["'
    .. table.concat(changed, '","') .. '"],"unread":' .. unread .. '}')
end
table.insert(changed, 1, unread)
return changed
