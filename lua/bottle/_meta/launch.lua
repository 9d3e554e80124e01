---@meta bottle.launch
--- What the planning side hands over, and what a provisioning step gets.

--- Beside the plan (which is printed, and so holds no value of any variable) launch gets what only
--- a run needs. Nothing in here is printed.
---@class bottle.LaunchCtx
---@field env table<string, string>   the agent's variables with their values, trust variables included
---@field known? string              what the gate is handed to watch for (bottle-gate(8), --known)
---@field config table|fun(ca: { cert: string, key: string }): table   the engine's table from the
---   `config` point; launch adds the CA files, the bottle's own network to ssrf.ip_allowlist,
---   the listeners, and `gate.slug`, `gate.dns`, `gate.transparent`, `gate.admin`
---@field roots? string               PEM of the extra upstream roots
---@field provision fun(box: bottle.Box, plan: table)   runs the `provision` steps in their order
---@field cwd? string                 the project folder, absolute; nil with --cwd none
---@field pool? string                where the networks' addresses come from, when not the plan's
---@field detach? boolean
---@field verbose? boolean
---@field pipelock_image? string      with engine pipelock

--- Of the plan launch reads: slug, agent, engine, image, command, `mounts` (a list of
--- { type = "bind"|"copy", source, target, read_only?, guard? = paths below it that are made
--- read-only whether they exist or not; one that ends in / is a folder }), `resources`,
--- `hardening.agent` and `hardening.gate` ({ cap_add = {…}, memory = "4g", pids = 512, cpus = 2,
--- user = "65532:65532" }).

--- The box as a provisioning step sees it. All raise on failure with what was tried.
---@class bottle.Box
local Box = {}

--- Run a script with `sh -s` in the box, as the agent's user unless told; the script goes in by
--- standard input and so stands in no argv. Does not raise when the script fails: look at code.
---@param script string
---@param opts? { user?: string, workdir?: string, env?: string[] }
---@return string stdout
---@return string stderr
---@return integer code
function Box:exec(script, opts) end

--- Put bytes, a host file or a host folder into the box. `to`: absolute, or ~/… of the agent's
--- user. Folders above are made. Owned by the agent's user unless told.
---@param from string|{ data: string }   a path on the host, or bytes
---@param to string
---@param opts? { mode?: integer, owner?: "agent"|"root" }
function Box:copy_in(from, to, opts) end

--- The bytes of a file in the box; nil where there is none.
---@param path string
---@return string?
function Box:read(path) end

---@param path string
---@return boolean
function Box:exists(path) end

--- The home of the agent's user, from the image's passwd.
---@return string
function Box:home() end

--- The agent's user: name, uid, gid.
---@return { name: string, uid: integer, gid: integer }
function Box:user() end
