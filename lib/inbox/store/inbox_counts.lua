-- Counts what is in an inbox, whose texts are not read.
-- Returns how many notifications there are, how many are unread, and how many are archived.
open_inbox(1)
local archived = 0
for _, stored in ipairs(redis.call('HVALS', TIMES)) do
  if times_in(stored)[ARCHIVED] ~= '' then
    archived = archived + 1
  end
end
return { redis.call('ZCARD', ORDER), redis.call('ZCARD', UNREAD), archived }
