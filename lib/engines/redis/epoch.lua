-- This text stands before each script that gives places in a channel or an inbox.
-- Redis may come back without the last of what it had: after a failover, from an older snapshot, empty. The offsets that
-- follow were given before, for something else. So each start of a Redis and each failover is an incarnation, whose number
-- is higher than those before; a position has the number of the one in which it was used last. In a later one it takes a
-- new epoch, and notes where the epoch before ended here: places up to there are good, for nothing before them was lost.

-- How many ended epochs a position knows.
local MOST_ENDS = 16

-- The number of the incarnation, which this call begins if it is the first one in it. The hash says of which run of the
-- server it is, and of which history of replication. One that has no history before it begins where the first replica
-- comes, or the last one has long gone: nothing is lost then.
local function number_of_incarnation(key)
  local info = redis.call('INFO', 'server', 'replication')
  local run = string.match(info, 'run_id:(%x+)') or ''
  local replication = string.match(info, 'master_replid:(%x+)') or ''
  local known = redis.call('HMGET', key, 'run', 'replication', 'number')
  if known[1] == run and known[2] == replication then
    return known[3]
  end
  local number = known[3]
  if known[1] ~= run or string.match(info, 'second_repl_offset:(%-?%d+)') ~= '-1' then
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    number = string.format('%.0f', math.max(now, tonumber(known[3] or 0) + 1))
  end
  redis.call('HSET', key, 'run', run, 'replication', replication, 'number', number)
  return number
end

-- The epoch of a position (a hash with `epoch` and `offset`) for what is done now, and whether the position is new.
-- `origin` is a text that epochs are made of, the number of the incarnation (0: the caller does not know it yet), and the
-- key of the incarnation, with blanks between.
local function epoch_of(position, origin)
  local known = redis.call('HMGET', position, 'epoch', 'incarnation')
  local epoch, own = known[1], known[2]
  local seed, number, key = string.match(origin, '^(%S+) (%d+) (.*)$')
  if number == '0' then
    number = number_of_incarnation(key)
  end
  if epoch and own and tonumber(own) >= tonumber(number) then
    return epoch, false
  end
  if epoch and not own then
    redis.call('HSET', position, 'incarnation', number) -- it was made by a version before 0.3
    return epoch, false
  end
  local time = redis.call('TIME')
  local fresh = string.sub(redis.sha1hex(seed .. position .. time[1] .. ' ' .. time[2]), 1, 8)
  redis.call('HSET', position, 'epoch', fresh, 'incarnation', number)
  if not epoch then
    return fresh, true
  end
  local stored = redis.call('HMGET', position, 'past', 'offset')
  local ends = { epoch .. ' ' .. (stored[2] or 0) }
  for each in string.gmatch(stored[1] or '', '%S+ %d+') do
    if #ends < MOST_ENDS then
      table.insert(ends, each)
    end
  end
  redis.call('HSET', position, 'past', table.concat(ends, ' '))
  return fresh, false
end
