-- Marks notifications that clients have taken, in the inboxes of several users.
-- KEYS: the log of receipts, then the keys of each inbox
-- ARGV: 1 if the log is kept; then for each inbox site, sent | delivered, how many ids, and the ids
-- Returns for each inbox: '' or why it could not be changed, and a text of 1 for each id that was not in that state yet.
local function take(first_key, first, count)
  open_inbox(first_key)
  local ids = {}
  for i = 1, count do
    ids[i] = ARGV[first + 2 + i]
  end
  local is_changed = {}
  for _, id in ipairs(mark(ARGV[first + 1], ids, ARGV[first], ARGV[1] == '1' and KEYS[1] or nil)) do
    is_changed[id] = true
  end
  local answer = {}
  for i, id in ipairs(ids) do
    answer[i] = is_changed[id] and 1 or 0
    is_changed[id] = nil
  end
  return table.concat(answer)
end

local answer = {}
local key, at = 2, 2
local last = #ARGV
while at <= last do
  local count = tonumber(ARGV[at + 2])
  -- Where something is wrong with one user's inbox, the others are served all the same.
  local is_done, result = pcall(take, key, at, count)
  table.insert(answer, is_done and '' or reason_of(result))
  table.insert(answer, is_done and result or '')
  key, at = key + 8, at + 3 + count
end
return answer
