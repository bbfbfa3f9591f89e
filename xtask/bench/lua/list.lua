-- Reads one page of a list, again and again.
local common = dofile(os.getenv("BENCH_LUA") .. "/common.lua")

function init()
  local path = common.path_of_tokens() .. "?" .. common.variable("QUERY")
  local text = common.head("GET", path, common.variable("OWNER")) .. "\r\n"
  request = function() return text end
end
