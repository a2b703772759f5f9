-- Does with notifications what the user did, and tells all of the user's clients.
-- KEYS (after those of the inbox): the log of receipts, if it is kept
-- ARGV: read | archive | unarchive | delete, offset up to which all are meant ('' where ids follow, 'group NAME' for a group), site,
--   pub/sub channel, ids
-- Returns how many are unread now, then the ids of those that were changed.
open_inbox(1)
local ids = {}
local group = string.match(ARGV[2], '^group (.*)$')
if group then
  local group_of = groups()
  for _, id in ipairs(redis.call('ZRANGE', ORDER, 0, -1)) do
    if group_of[id] == group then
      table.insert(ids, id)
    end
  end
elseif ARGV[2] ~= '' then
  ids = redis.call('ZRANGEBYSCORE', ORDER, '-inf', ARGV[2])
else
  for i = 5, #ARGV do
    table.insert(ids, ARGV[i])
  end
end
local changed = mark(ARGV[1], ids, ARGV[3], KEYS[9])
local unread = redis.call('ZCARD', UNREAD)
in_parts(changed, function(part)
  redis.call('PUBLISH', ARGV[4], 'inbox 0 - - ' .. time[1] .. ' \n'
    .. cjson.encode({ event = ARGV[1], data = { ids = part, unread = unread } }))
end)
table.insert(changed, 1, unread)
return changed
