-- Creates tokens with a new idempotency key each.
local common = dofile(os.getenv("BENCH_LUA") .. "/common.lua")

local BODY = '{"name":"deploy pipeline 01","scopes":["api-tokens:read","deploy:staging"]}'

function init()
  local head = common.head("POST", common.path_of_tokens(), common.variable("OWNER"))
  local key, count = common.variable("SEED") .. "-" .. thread_number .. "-", 0
  request = function()
    count = count + 1
    return common.with_body(head .. "Idempotency-Key: " .. key .. count .. "\r\n", BODY)
  end
end
