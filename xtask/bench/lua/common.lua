-- The parts that the loads share: records of fixed length in mapped files, and the report.

local ffi = require("ffi")
ffi.cdef [[
int open(const char *path, int flags, ...);
void *mmap(void *address, size_t length, int protection, int flags, int file, int64_t offset);
]]

local READ, SHARED = 1, 1

local common = {}

-- The environment of the process: strings.
function common.variable(name)
  local value = os.getenv("BENCH_" .. name)
  assert(value, name .. " is not set")
  return value
end

-- The records of a file, each `width` bytes with its line feed. They stay out of the memory of Lua, which could not hold ten million.
function common.records(name, width, count)
  local file = ffi.C.open(common.variable(name), 0)
  assert(file >= 0, "the file of " .. name .. " cannot be opened")
  local start = ffi.cast("const char *", ffi.C.mmap(nil, width * count, READ, SHARED, file, 0))
  return function(index) return ffi.string(start + index * width, width - 1) end
end

function common.tokens()
  return common.records("TOKENS", 80, common.count())
end

function common.ids()
  return common.records("IDS", 37, common.count())
end

function common.count()
  return tonumber(common.variable("COUNT"))
end

-- The indexes of a thread. Each thread and each round has its own seed.
function common.random(count)
  math.randomseed(tonumber(common.variable("SEED")) * 1000 + thread_number)
  return function() return math.random(0, count - 1) end
end

-- The indexes from FIRST on, each once. The load has one thread.
function common.once()
  local next = tonumber(common.variable("FIRST"))
  return function()
    local index = next
    next = next + 1
    return index
  end
end

function common.head(method, path, token)
  return method .. " " .. path .. " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " .. token .. "\r\n"
end

function common.with_body(head, body)
  return head .. "Content-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end

function common.path_of_tokens()
  return "/api/v1/organizations/" .. common.variable("ORGANIZATION") .. "/api-tokens"
end

local threads = 0

-- wrk calls it once for each thread, in a state of its own.
function setup(thread)
  thread:set("thread_number", threads)
  threads = threads + 1
end

-- wrk calls it at the end. The line is read by the program that started wrk.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nBENCH {"requests":%d,"micros":%d,"failures":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d},' ..
    '"latency":{"p50":%d,"p90":%d,"p99":%d,"p999":%d,"max":%d}}\n',
    summary.requests, summary.duration,
    errors.connect, errors.read, errors.write, errors.status, errors.timeout,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency:percentile(99.9), latency.max))
end

return common
