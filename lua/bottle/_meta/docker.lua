---@meta bottle.docker
--- A client of the Docker Engine API (1.41 up; Podman's compatible socket too).
---
--- Every operation has two forms. The plain one waits:
---   `local net, msg, code = engine:network_create{ name = "n", body = { Internal = true } }`
--- and `begin` does not, so that independent calls run at the same time:
---   `local a = engine:begin("network_create", { name = "n" })`
---   `local b = engine:begin("container_create", { name = "c", body = { Image = "debian" } })`
---   `local net = assert(a:wait()); local c = assert(b:wait())`
---
--- A spec's own keys are lower case; `body` is the Engine's JSON as its reference documents it
--- (`Image`, `HostConfig`, …), passed on unread. In a body an empty table is an object: write
--- `json.array {}` for an empty list. `id` takes an id or a name. Answers are the Engine's JSON
--- as tables, with null members left out. An unknown key of a spec is a bad call and raises.
---
--- Failures are nil, message, code: "notfound" (404), "exists" (409, a pool that overlaps),
--- "invalid" (other 4xx), "denied" (401, 403, no permission for the socket), "io" (5xx, refused,
--- cut), "timeout", "limit", "tls", "proto", "interrupted" (a signal to bottle came while waiting).
--- "Already so" is success: starting what runs, stopping or killing what does not, removing a
--- container whose removal is in progress. While stops are held (sig) no wait is interrupted.

---@class bottle.Engine
local Engine = {}

--- A call under way.
---@class bottle.Pending
local Pending = {}

local docker = {}

---@class bottle.ConnectOpts
---@field host? string   unix:///path, tcp://host:port, http://host:port (default: discovered)
---@field timeout? integer  ms until the first answer must have come (default 10000)

--- Find the engine and agree on a version: host, else $DOCKER_HOST (with $DOCKER_TLS_VERIFY and
--- $DOCKER_CERT_PATH), else $DOCKER_CONTEXT or the CLI's current context, else
--- /var/run/docker.sock, else the rootless and Podman sockets.
--- Example: `local engine <close> = assert(docker.connect())`
---@param opts? bottle.ConnectOpts
---@return bottle.Engine? engine
---@return string? message  what was tried and what to do next
---@return string? code
function docker.connect(opts) end

--- Close the connections; calls under way end as "interrupted". Idempotent.
function Engine:close() end

--- Where it is and how it was found.
--- Example: `engine:endpoint().url --> "unix:///var/run/docker.sock"`
---@return { url: string, source: string, tls: boolean, api: string, server_api: string }
function Engine:endpoint() end

--- Begin an operation by name with its spec.
--- Example: `local p = engine:begin("container_start", { id = "c" })`
---@param name string
---@param spec? table
---@return bottle.Pending? pending
---@return string? message
---@return string? code
function Engine:begin(name, spec) end

--- Drive all calls under way; returns when one made progress or after ms.
---@param ms integer
---@return integer? running  calls not done yet
---@return string? message
---@return string? code
function Engine:poll(ms) end

--- Wait for the end (at most ms) and return what the operation returns. Once.
--- Example: `local answer = assert(pending:wait(30000))`
---@param ms? integer
---@return any? result
---@return string? message
---@return string? code
function Pending:wait(ms) end

--- Whether wait would return at once.
---@return boolean
function Pending:done() end

--- The next line of a streaming operation (logs, events, image_pull), without its newline; waits at
--- most ms. At the end nil alone; "timeout" when none came in time.
--- Example: `for line in function() return p:read() end do print(line) end`
---@param ms? integer
---@return string? line
---@return string? stream_or_message  "stdout" or "stderr"
---@return string? code
function Pending:read(ms) end

--- Give it up; a request under way is cut off. Idempotent.
function Pending:close() end

--- Is it there? `{ api = "1.41" }`
function Engine:ping() end
--- GET /version.
function Engine:version() end
--- GET /info.
function Engine:info() end
--- The few facts that decide things: `{ rootless, selinux, userns, cgroup, os, kernel, version,
--- driver, seccomp, podman }`.
function Engine:facts() end

--- `{ label?, reference?, all? }` -> list. Example: `engine:image_list { reference = "bottle-gate" }`
---@param spec? { label?: string, reference?: string, all?: boolean }
function Engine:image_list(spec) end
---@param spec { id: string }
function Engine:image_inspect(spec) end
--- A root filesystem becomes an image. Example:
--- `engine:image_import { tag = "x:1", file = "/tmp/root.tar", changes = { "USER 65534" } }` -> `{ id }`
---@param spec { tag: string, file?: string, tar?: bottle.Tar, entries?: table, changes?: string[] }
function Engine:image_import(spec) end
---@param spec { id: string, repo: string, tag: string }
function Engine:image_tag(spec) end
---@param spec { id: string, force?: boolean }
function Engine:image_remove(spec) end
--- `wait` for the end, or `begin` and `read` the progress lines (JSON). `name` may hold a digest.
---@param spec { name: string, auth?: string }
function Engine:image_pull(spec) end

--- -> `{ id }`. Example: `engine:network_create { name = "n", body = { Internal = true,
--- IPAM = { Config = { { Subnet = "10.213.0.0/28" } } }, Labels = { ["io.bottle.slug"] = "s" } } }`
--- hostless: internal, and the host has no address on it; an error where the engine made it otherwise.
---@param spec { name: string, body?: table, hostless?: boolean }
function Engine:network_create(spec) end
---@param spec { id: string }
function Engine:network_inspect(spec) end
--- Example: `engine:network_list { label = "io.bottle.slug=x" }` -> list
---@param spec? { label?: string, name?: string }
function Engine:network_list(spec) end
--- Example: `engine:network_connect { id = "n", container = "c", ip = "10.213.0.2" }`
---@param spec { id: string, container: string, ip?: string, aliases?: string[] }
function Engine:network_connect(spec) end
---@param spec { id: string, container: string, force?: boolean }
function Engine:network_disconnect(spec) end
---@param spec { id: string }
function Engine:network_remove(spec) end

--- -> `{ id, warnings }`. Example:
--- `engine:container_create { name = "c", body = { Image = "debian", Cmd = { "sleep", "9" } } }`
---@param spec { name?: string, body: table }
function Engine:container_create(spec) end
---@param spec { id: string }
function Engine:container_start(spec) end
---@param spec { id: string }
function Engine:container_inspect(spec) end
--- Running ones; all of them with all = true.
---@param spec? { label?: string, name?: string, all?: boolean }
function Engine:container_list(spec) end
--- -> `{ code, error? }` when it has ended. condition: "not-running" (default), "next-exit", "removed"
---@param spec { id: string, condition?: string }
function Engine:container_wait(spec) end
--- grace: seconds between SIGTERM and SIGKILL.
---@param spec { id: string, grace?: integer }
function Engine:container_stop(spec) end
---@param spec { id: string, signal?: string }
function Engine:container_kill(spec) end
--- force (default true) kills it first; volumes (default true) removes its anonymous ones.
---@param spec { id: string, force?: boolean, volumes?: boolean }
function Engine:container_remove(spec) end

--- Hold the standard input of a container (created with OpenStdin and StdinOnce, started or not):
--- the engine closes it when this process is gone, also after SIGKILL. -> bottle.Hold
--- Example: `local hold <close> = assert(engine:container_hold { id = "c" })`
---@param spec { id: string }
---@return bottle.Hold? hold
---@return string? message
---@return string? code
function Engine:container_hold(spec) end

--- Unpack into a container (running or not) below path, which must exist; owners are kept. Example:
--- `engine:archive_put { id = "c", path = "/", entries = { { path = "etc/a", data = "1" } } }`
---@param spec { id: string, path: string, entries?: bottle.TarEntry[], tar?: bottle.Tar }
function Engine:archive_put(spec) end
--- One file as a string (at most max bytes, default 64 MiB; links followed in the container), or
--- with `to` a whole tree into that folder of the host -> `{ files, bytes }`. Devices, absolute
--- names, ".." and links that lead out are refused. links: for who follows none: links are kept
--- wherever they lead, devices and pipes left out.
---@param spec { id: string, path: string, max?: integer, to?: string, links?: boolean }
function Engine:archive_get(spec) end
--- -> `{ name, size, mode, link }`, "notfound" where there is none. Example:
--- `engine:archive_stat { id = "c", path = "/etc/ssl/certs" }`
---@param spec { id: string, path: string }
function Engine:archive_stat(spec) end

--- -> `{ stdout, stderr }`; with follow, `begin` and `read`. since: Unix seconds.
--- Example: `local p = engine:begin("logs", { id = "gate", follow = true }); print(p:read(5000))`
---@param spec { id: string, follow?: boolean, since?: integer, tail?: integer, timestamps?: boolean }
function Engine:logs(spec) end
--- `begin` and `read` JSON lines. Example: `engine:begin("events", { label = "io.bottle.slug" })`
---@param spec? { since?: integer, till?: integer, label?: string }
function Engine:events(spec) end

--- Run a program in a running container to its end -> `{ stdout, stderr, code }`. stdin is fed, then
--- closed. max: bytes kept of each stream (default 16 MiB), more is "limit".
--- Example: `engine:exec { id = "c", cmd = { "sh", "-s" }, stdin = "id -u\n", user = "0" }`
---@param spec { id: string, cmd: string[], stdin?: string, env?: string[], user?: string, workdir?: string, tty?: boolean, max?: integer }
function Engine:exec(spec) end

--- The same with this process's terminal (or pipes) for its standard streams, until it ends -> its
--- exit code. tty: raw mode, the window's size followed, Ctrl-C goes to the program.
--- with: what is held of another container, whose end ends this, too ("io").
--- Example: `local status = assert(engine:attach { id = "c", cmd = { "bash" }, tty = true })`
---@param spec { id: string, cmd: string[], env?: string[], user?: string, workdir?: string, tty?: boolean }
---@param with? bottle.Hold
---@return integer? status
---@return string? message
---@return string? code
function Engine:attach(spec, with) end

return docker
