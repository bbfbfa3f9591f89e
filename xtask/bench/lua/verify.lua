-- Reads the current token, for a token that is drawn at random from all.
local common = dofile(os.getenv("BENCH_LUA") .. "/common.lua")

function init()
  local token, draw = common.tokens(), common.random(common.count())
  request = function() return common.head("GET", "/api/v1/api-tokens/current", token(draw())) .. "\r\n" end
end
