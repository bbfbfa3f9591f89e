-- Revokes tokens, each once.
local common = dofile(os.getenv("BENCH_LUA") .. "/common.lua")

function init()
  local id, next, path = common.ids(), common.once(), common.path_of_tokens() .. "/"
  request = function() return common.head("DELETE", path .. id(next()), common.variable("OWNER")) .. "\r\n" end
end
