-- Renames tokens that are drawn at random.
local common = dofile(os.getenv("BENCH_LUA") .. "/common.lua")

function init()
  local id, draw = common.ids(), common.random(common.count())
  local path, count = common.path_of_tokens() .. "/", 0
  request = function()
    count = count + 1
    local head = common.head("PUT", path .. id(draw()), common.variable("OWNER"))
    return common.with_body(head, '{"name":"renamed ' .. thread_number .. " " .. count .. '"}')
  end
end
