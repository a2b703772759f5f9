-- This text stands before each script that stores what comes by a way in that one node at a time reads.
-- Says whether `wanted` holds the way's lock. If so, it notes how far the way was read: from `first` to `last`.
local function claim_turn(lock, progress_key, wanted, first, last)
  local function place(text)
    local mark, index = string.match(text or '', '^(%d+):(%d+)$')
    return tonumber(mark or 0), tonumber(index or 0)
  end
  local holder = redis.call('GET', lock)
  if not holder then
    -- The lock ran out, as when Redis stood still. Its last holder goes on, unless somebody else came further meanwhile.
    local mark, index = place(redis.call('GET', progress_key))
    local own_mark, own_index = place(first)
    if own_mark > mark or own_mark == mark and own_index > index then
      redis.call('SET', lock, wanted, 'PX', 3000)
      holder = wanted
    end
  end
  if holder ~= wanted then
    return false
  end
  redis.call('SET', progress_key, last)
  return true
end
