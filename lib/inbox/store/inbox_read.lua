-- Reads notifications of an inbox, and its position.
-- ARGV: queued | unread | since | before | id, its argument (room, offset or id), most notifications (0: all),
--   1 to read archived ones too, origin of an epoch (epoch.lua; '' where none is needed), milliseconds that the epoch is
--   kept while nothing comes
-- Returns offset, epoch, highest dropped offset, how many are unread, where earlier epochs ended (as history.lua does), then
--   id, offset, what is stored, and times of each.
open_inbox(1)
if ARGV[5] ~= '' then
  local _, is_new = epoch_of(POSITION, ARGV[5])
  if is_new then
    redis.call('PEXPIRE', POSITION, ARGV[6])
  end
end
local ids
if ARGV[1] == 'queued' then
  ids = redis.call('ZRANGE', QUEUED, 0, -1)
elseif ARGV[1] == 'unread' then
  ids = redis.call('ZRANGEBYSCORE', UNREAD, '(' .. ARGV[2], '+inf')
elseif ARGV[1] == 'since' then
  ids = redis.call('ZRANGEBYSCORE', ORDER, '(' .. ARGV[2], '+inf')
elseif ARGV[1] == 'before' then
  ids = redis.call('ZREVRANGEBYSCORE', ORDER, '(' .. ARGV[2], '-inf')
else
  ids = { ARGV[2] }
end

local limit = tonumber(ARGV[3])
local position = redis.call('HMGET', POSITION, 'offset', 'epoch', 'dropped', 'past')
local found = {
  tonumber(position[1] or 0), position[2] or '', tonumber(position[3] or 0), redis.call('ZCARD', UNREAD), position[4] or '',
}
local count = 0
for _, id in ipairs(ids) do
  local stored = redis.call('HGET', CONTENTS, id)
  if stored and ARGV[1] == 'queued' and room_of(stored) ~= ARGV[2] then
    stored = nil
  end
  local times = stored and times_of(id)
  if times and (times[ARCHIVED] == '' or ARGV[4] == '1') then
    table.insert(found, id)
    table.insert(found, tonumber(redis.call('ZSCORE', ORDER, id)))
    table.insert(found, stored)
    table.insert(found, table.concat(times, ','))
    count = count + 1
    if count == limit then
      break
    end
  end
end
return found
