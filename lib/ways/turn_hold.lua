-- Takes the lock of a way in if it is free, or keeps it.
-- KEYS: lock, progress of each of its ways
-- ARGV: holder, milliseconds that the lock lasts, 1 to leave a free lock to others, unless nobody ever had it
-- Returns 0 if ARGV's holder has it now, else the milliseconds until its holder must have renewed it; then the progress of each way.
local holder = redis.call('GET', KEYS[1])
local progress, was_held = {}, false
for i = 2, #KEYS do
  progress[i - 1] = redis.call('GET', KEYS[i]) or ''
  was_held = was_held or progress[i - 1] ~= ''
end
if holder and holder ~= ARGV[1] then
  local left = redis.call('PTTL', KEYS[1])
  if left > tonumber(ARGV[2]) then
    -- Redis' clock was set back: the lock would last too long, and its holder may be dead.
    left = tonumber(ARGV[2])
    redis.call('PEXPIRE', KEYS[1], left)
  end
  return { math.max(1, left), unpack(progress) }
end
if not holder and ARGV[3] == '1' and was_held then
  return { 1, unpack(progress) }
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return { 0, unpack(progress) }
