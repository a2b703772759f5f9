-- Takes the bridge's lock if it is free, or keeps one's own.
-- KEYS: lock, progress
-- ARGV: holder, milliseconds it lasts, 1 to leave it to others where it is free, unless nobody ever had it
-- Returns 0 if it is held now, else the milliseconds until its holder must have renewed it; then the progress.
local holder = redis.call('GET', KEYS[1])
local progress = redis.call('GET', KEYS[2]) or ''
if holder and holder ~= ARGV[1] then
  local left = redis.call('PTTL', KEYS[1])
  if left > tonumber(ARGV[2]) then
    -- Redis' clock was set back: its holder may be dead, and would hold it for so long.
    left = tonumber(ARGV[2])
    redis.call('PEXPIRE', KEYS[1], left)
  end
  return { math.max(1, left), progress }
end
if not holder and ARGV[3] == '1' and progress ~= '' then
  return { 1, progress }
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return { 0, progress }
