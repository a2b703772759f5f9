-- Reads notifications of an inbox, and its position.
-- ARGV: queued | unread | since | before | folded | group | id | ids, its argument (room, offset, id or nothing), most notifications (0: all),
--   1 to read archived ones too (2: these alone), origin of an epoch (epoch.lua; '' where none is needed), milliseconds that the epoch is
--   kept while nothing comes, most bytes of what is stored (0: all; one notification is read in any case), ids
-- Returns offset, epoch, highest dropped offset, how many are unread, where earlier epochs ended (as history.lua does), how
--   many notifications follow, 1 if there are more of them; then id, offset, what is stored, and times of each; then, of
--   those that are queued, the ids of the others; of a folded list, how many each stands for, and how many of these are unread.
open_inbox(1)
if ARGV[5] ~= '' then
  local _, is_new = epoch_of(POSITION, ARGV[5])
  if is_new then
    redis.call('PEXPIRE', POSITION, ARGV[6])
  end
end
local is_queued = ARGV[1] == 'queued'

-- Whether a notification is meant that has these times.
local function is_meant(times)
  return ARGV[4] == '1' or (times[ARCHIVED] ~= '') == (ARGV[4] == '2')
end

-- The ids of a list below an offset, newest first: of each group the first one, with counts by its id, or those of one group.
local counts = {}
local function ids_by_groups(before, only)
  local found, first_of = {}, {}
  local group_of = groups()
  local entries = redis.call('ZREVRANGE', ORDER, 0, -1, 'WITHSCORES')
  for i = 1, #entries, 2 do
    local id, offset = entries[i], tonumber(entries[i + 1])
    local group = group_of[id]
    local times = group and (not only or group == only) and times_of(id)
    if only then
      if times and offset < before then
        table.insert(found, id)
      end
    elseif not group then
      if offset < before then
        table.insert(found, id)
      end
    elseif times and is_meant(times) then
      local first = first_of[group]
      if not first then
        first = { count = 0, unread = 0 }
        first_of[group], counts[id] = first, first
        if offset < before then
          table.insert(found, id)
        end
      end
      first.count = first.count + 1
      if times[READ] == '' and times[ARCHIVED] == '' then
        first.unread = first.unread + 1
      end
    end
  end
  return found
end

local ids
if is_queued then
  ids = redis.call('ZRANGE', QUEUED, 0, -1)
elseif ARGV[1] == 'unread' then
  ids = redis.call('ZRANGEBYSCORE', UNREAD, '(' .. ARGV[2], '+inf')
elseif ARGV[1] == 'since' then
  ids = redis.call('ZRANGEBYSCORE', ORDER, '(' .. ARGV[2], '+inf')
elseif ARGV[1] == 'before' then
  ids = redis.call('ZREVRANGEBYSCORE', ARGV[4] == '2' and DONE or ORDER, '(' .. ARGV[2], '-inf')
elseif ARGV[1] == 'folded' then
  ids = ids_by_groups(tonumber(ARGV[2]))
elseif ARGV[1] == 'group' then
  ids = ids_by_groups(tonumber(ARGV[2]), ARGV[8])
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
  if times and is_meant(times) then
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
if ARGV[1] == 'folded' then
  for i = 0, count - 1 do
    local of = counts[found[MORE + 1 + 4 * i]]
    table.insert(found, of and of.count or 0)
    table.insert(found, of and of.unread or 0)
  end
end
return found
