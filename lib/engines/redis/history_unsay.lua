-- Leaves nothing of some publications in a channel's history but their places. A stream takes no entry in the place of another,
-- so it is written anew, in one step; it is done when somebody's data is erased, and never on a message's way.
-- KEYS: history stream
-- ARGV: the content that is left, offsets
local is_meant = {}
for i = 2, #ARGV do
  is_meant[ARGV[i] .. '-0'] = true
end
local entries = redis.call('XRANGE', KEYS[1], '-', '+')
if #entries == 0 then
  return 0
end
local ttl = redis.call('PTTL', KEYS[1])
local count = 0
redis.call('DEL', KEYS[1])
for _, entry in ipairs(entries) do
  local fields = entry[2]
  if is_meant[entry[1]] then
    count = count + 1
    for i = 1, #fields, 2 do
      if fields[i] == 'content' or fields[i] == 'text' then
        fields[i], fields[i + 1] = 'content', ARGV[1]
      end
    end
  end
  redis.call('XADD', KEYS[1], entry[1], unpack(fields))
end
if ttl > 0 then
  redis.call('PEXPIRE', KEYS[1], ttl)
end
return count
