-- Changes notifications.
-- ARGV: sent | delivered | read | archived | removed, 1 for all there are, ids
-- Returns the ids that were not in that state yet.
local state = ({ sent = SENT, delivered = DELIVERED, read = READ, archived = ARCHIVED })[ARGV[1]]
local ids = {}
if ARGV[2] == '1' then
  ids = redis.call('ZRANGE', ORDER, 0, -1)
else
  for i = 3, #ARGV do
    table.insert(ids, ARGV[i])
  end
end

local changed = {}
for _, id in ipairs(ids) do
  local times = times_of(id)
  if times and not state then
    remove(id)
    table.insert(changed, id)
  elseif times and times[state] == '' then
    -- Each state implies the ones before it; but what is archived need not have been read.
    for i = state == ARCHIVED and ARCHIVED or SENT, state do
      if times[i] == '' then
        times[i] = string.format('%d', NOW)
      end
    end
    set_times(id, times)
    if state ~= ARCHIVED then
      redis.call('ZREM', QUEUED, id)
    end
    if state == READ or state == ARCHIVED then
      redis.call('ZREM', UNREAD, id)
      redis.call('ZADD', DONE, redis.call('ZSCORE', ORDER, id), id)
    end
    table.insert(changed, id)
  end
end
return changed
