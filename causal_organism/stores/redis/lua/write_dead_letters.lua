-- Writes dead letters under the ids of their original entries; one that is there already is left as it is.
-- KEYS[1]: the stream of dead letters. ARGV: id, reason, fields; again for each letter, in order of id.
local late = {}
for i = 1, #ARGV, 3 do
    local id = ARGV[i]
    if #redis.call('XRANGE', KEYS[1], id, id) == 0 then
        local added = redis.pcall('XADD', KEYS[1], id, 'reason', ARGV[i + 1], 'fields', ARGV[i + 2])
        if type(added) == 'table' and added.err then
            if not string.find(added.err, 'equal or smaller') then
                return redis.error_reply(added.err)
            end
            late[#late + 1] = i
        end
    end
end
if #late == 0 then
    return 0
end
-- A stream takes ids only in rising order. If others wrote greater ones here, put the whole stream together again.
local function greater(a, b)
    local am, as = string.match(a, '^(%d+)%-(%d+)$')
    local bm, bs = string.match(b, '^(%d+)%-(%d+)$')
    if #am ~= #bm then return #am > #bm end
    if am ~= bm then return am > bm end
    if #as ~= #bs then return #as > #bs end
    return as > bs
end
local kept = redis.call('XRANGE', KEYS[1], '-', '+')
local last = nil
if #kept > 0 then
    last = kept[#kept][1]
end
redis.call('DEL', KEYS[1])
local n = 1
local function add_late(bound)
    while n <= #late and (bound == nil or greater(bound, ARGV[late[n]])) do
        local i = late[n]
        redis.call('XADD', KEYS[1], ARGV[i], 'reason', ARGV[i + 1], 'fields', ARGV[i + 2])
        n = n + 1
    end
end
for _, entry in ipairs(kept) do
    add_late(entry[1])
    redis.call('XADD', KEYS[1], entry[1], unpack(entry[2]))
end
add_late(nil)
return #late
