-- Reads the current token, for each token once, in an order without pattern.
local common = dofile(os.getenv("BENCH_LUA") .. "/common.lua")

-- A prime that divides no number of tokens.
local STRIDE = 7368787

function init()
  local token, next, count = common.tokens(), common.once(), common.count()
  request = function() return common.head("GET", "/api/v1/api-tokens/current", token(next() * STRIDE % count)) .. "\r\n" end
end
