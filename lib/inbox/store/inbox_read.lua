-- Reads notifications of an inbox, and its position.
-- ARGV: queued | unread | since | before | id | ids, its argument (room, offset, id or nothing), most notifications (0: all),
--   1 to read archived ones too, origin of an epoch (epoch.lua; '' where none is needed), milliseconds that the epoch is
--   kept while nothing comes, most bytes of what is stored (0: all; one notification is read in any case), ids
-- Returns offset, epoch, highest dropped offset, how many are unread, where earlier epochs ended (as history.lua does), how
--   many notifications follow, 1 if there are more of them; then id, offset, what is stored, and times of each; then, of
--   those that are queued, the ids of the others.
open_inbox(1)
if ARGV[5] ~= '' then
  local _, is_new = epoch_of(POSITION, ARGV[5])
  if is_new then
    redis.call('PEXPIRE', POSITION, ARGV[6])
  end
end
local is_queued = ARGV[1] == 'queued'
local ids
if is_queued then
  ids = redis.call('ZRANGE', QUEUED, 0, -1)
elseif ARGV[1] == 'unread' then
  ids = redis.call('ZRANGEBYSCORE', UNREAD, '(' .. ARGV[2], '+inf')
elseif ARGV[1] == 'since' then
  ids = redis.call('ZRANGEBYSCORE', ORDER, '(' .. ARGV[2], '+inf')
elseif ARGV[1] == 'before' then
  ids = redis.call('ZREVRANGEBYSCORE', ORDER, '(' .. ARGV[2], '-inf')
elseif ARGV[1] == 'ids' then
  ids = {}
  for i = 8, #ARGV do
    ids[i - 7] = ARGV[i]
  end
else
  ids = { ARGV[2] }
end

local limit, most_bytes = tonumber(ARGV[3]), tonumber(ARGV[7])
local position = redis.call('HMGET', POSITION, 'offset', 'epoch', 'dropped', 'past')
local COUNT, MORE = 6, 7 -- the places of these in the answer
local found = {
  tonumber(position[1] or 0), position[2] or '', tonumber(position[3] or 0), redis.call('ZCARD', UNREAD),
  position[4] or '', 0, 0,
}
local count, bytes = 0, 0
for _, id in ipairs(ids) do
  local stored = redis.call('HGET', CONTENTS, id)
  if stored and is_queued and room_of(stored) ~= ARGV[2] then
    stored = nil
  end
  local times = stored and times_of(id)
  if times and (times[ARCHIVED] == '' or ARGV[4] == '1') then
    bytes = bytes + #stored
    if found[MORE] == 1 or count > 0 and (count == limit or most_bytes > 0 and bytes > most_bytes) then
      found[MORE] = 1
      if not is_queued then
        break
      end
      table.insert(found, id)
    else
      table.insert(found, id)
      table.insert(found, tonumber(redis.call('ZSCORE', ORDER, id)))
      table.insert(found, stored)
      table.insert(found, table.concat(times, ','))
      count = count + 1
    end
  end
end
found[COUNT] = count
return found
