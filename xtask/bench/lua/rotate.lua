-- Rotates tokens, each once.
local common = dofile(os.getenv("BENCH_LUA") .. "/common.lua")

function init()
  local id, next, path = common.ids(), common.once(), common.path_of_tokens() .. "/"
  request = function()
    return common.with_body(common.head("POST", path .. id(next()) .. "/rotate", common.variable("OWNER")), "{}")
  end
end
