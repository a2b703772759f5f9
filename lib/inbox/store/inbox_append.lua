-- Puts notifications into their inboxes.
-- KEYS (after an arrival's): lock and progress of a way in, then the keys of each inbox
-- ARGV (after an arrival's): who must hold the lock ('' for nobody), the progress of the first and of the last one; then for
--   each inbox site, pub/sub channel, how many come, and for each of those: id, room, Unix time in seconds
--   ('-' for now), content, Unix time in milliseconds it expires ('' for never), 1 if a caller made the id
-- Returns nothing if another node holds the lock; else for each inbox: '' or why it does not take them, how many were
--   dropped that a client had got, how many that none had, the ids of those of them that had files, one a line, and a text
--   of 1 for each new one and 0 where its id was known.
if ARGV[4] ~= '' and not claim_turn(KEYS[3], KEYS[4], ARGV[4], ARGV[5], ARGV[6]) then
  return {}
end

local function append(first_key, first, count)
  taken_ids = {}
  forget_dropped()
  open_inbox(first_key)
  local arriving, is_new = {}, {}
  for i = 1, count do
    local id, room, at, content, expires_at, is_callers_id = unpack(ARGV, first + 6 * i - 3, first + 6 * i + 2)
    is_new[i] = 1
    if is_callers_id == '1' and not take_id(ARGV[first], id, CALLERS_ID_SECONDS) then
      is_new[i] = 0
    else
      table.insert(arriving, { id = id, room = room, at = at, content = content, expires_at = expires_at })
    end
  end
  local _, taken, queued = arrive(ARGV[first + 1], arriving)
  return taken, queued, table.concat(is_new)
end

local answer = {}
local key, at = 5, 7
local last = #ARGV
while at <= last do
  local count = tonumber(ARGV[at + 2])
  -- Where one user's inbox does not take something, nothing of it stays, and the others are served all the same.
  local is_done, taken, queued, is_new = pcall(append, key, at, count)
  if is_done then
    table.insert(answer, '')
    table.insert(answer, taken)
    table.insert(answer, queued)
    table.insert(answer, table.concat(dropped_with_files, '\n'))
    table.insert(answer, is_new)
  else
    forget_ids()
    table.insert(answer, reason_of(taken))
    table.insert(answer, 0)
    table.insert(answer, 0)
    table.insert(answer, '')
    table.insert(answer, string.rep('0', count))
  end
  key, at = key + 8, at + 3 + 6 * count
end
return answer
