---@meta bottle.cell
--- Sandboxes of the native backend. One lives as long as the process that opened it keeps it; its
--- processes, mounts and sockets have no name outside and go with it. Codes: notfound, denied,
--- timeout, limit, interrupted, io (it is gone), sys.

---@class bottle.CellLine
---@field kind "ro"|"rw"|"tmpfs"|"dir"|"symlink"|"data"|"file"|"dev"|"proc"|"freeze"
---@field to string     absolute, in the sandbox
---@field from? string  ro, rw: on the host; symlink: its text
---@field data? string  data (read-only), file (writable): the content
---@field mode? integer tmpfs, dir, data, file

--- A line that is put on from outside when the sandbox is up: a mount costs a tenth of bwrap's.
---@class bottle.CellLateLine
---@field kind "ro"|"rw"|"cover"|"symlink"|"file"|"freeze"
---@field to string     absolute, in the sandbox; a link on the way is an error
---@field from? string  ro, rw: the path outside that must be the same file; cover: what stands over
--- it, in the sandbox; symlink: its text; file: a file outside whose bytes come first
---@field data? string  file: the content
---@field mode? integer file

---@class bottle.CellOptions
---@field bwrap string
---@field init string      where the view has bottle-init
---@field view bottle.CellLine[]  later lines cover earlier ones
---@field hostname? string
---@field before? string[] words before bwrap's own: a program that limits resources

---@class bottle.CellCommand
---@field argv string[]    looked for in PATH of env
---@field env string[]     "NAME=value"
---@field cwd? string
---@field tty? boolean     spawn: a terminal of the sandbox's, joined to ours
---@field quiet? boolean   spawn: nothing of our standard streams
---@field agent? boolean   this is the agent: its environment and folder are kept for as_agent
---@field as_agent? boolean with the agent's environment after its own, in its folder
---@field input? string    run
---@field timeout? integer run: milliseconds
---@field max? integer     run: cap of each stream in bytes (16 MiB)

---@class bottle.Cell
local Cell = {}

local cell = {}

--- Start one; ready waits for it.
---@param options bottle.CellOptions
---@return bottle.Cell?
---@return string? message
---@return string? code
function cell.open(options) end

--- Talk to one that another process of this user keeps. spawn, run, wait, signal, get, put, info,
--- stop, log and keep work on it; closing it ends nothing.
---@param slug string
---@return bottle.Cell?
---@return string? message
---@return string? code
function cell.connect(slug) end

--- The names of this user's running sandboxes, sorted.
---@return string[]?
---@return string? message
---@return string? code
function cell.names() end

--- Our standard input and output are a terminal.
---@return boolean
function cell.terminal() end

---@param ms integer
---@return boolean? ok
---@return string? message what bwrap said on its way out
---@return string? code
function Cell:ready(ms) end

---@class bottle.CellLimits
---@field memory? integer  bytes of data a process may hold
---@field pids? integer
---@field guard? bottle.Guard  what it guards stays as long as the sandbox is

--- What its commands are bound by: once, before the first.
---@param limits bottle.CellLimits
---@return boolean? ok
---@return string? message
---@return string? code
function Cell:limit(limits) end

--- Put on the last lines of its view, open 127.0.0.1:8888, 443, 80 and 53 (TCP and UDP) inside, and
--- give these to the gate.
---@param lines bottle.CellLateLine[]
---@param gate bottle.GateChild
---@return boolean? ok
---@return string? message
---@return string? code  denied: something else stands at a path inside than outside
function Cell:settle(lines, gate) end

---@param command bottle.CellCommand
---@return string? stdout
---@return string stderr
---@return integer code
function Cell:run(command) end

--- Without tty the command has our own standard streams (a file among them as a pipe, which keep
--- serves), or /dev/null where it is quiet.
---@param command bottle.CellCommand
---@return integer? id
---@return string? message
---@return string? code  notfound: no such program; denied: it may not be run
function Cell:spawn(command) end

---@param id integer
---@param ms? integer
---@return integer? code
---@return string? message
---@return string? code
function Cell:wait(id, ms) end

---@param id integer
---@param signal integer
function Cell:signal(id, signal) end

--- Serve the terminal, and other bottle processes, until the command ends.
--- trim: give back to the system what is free.
---@param options { agent: integer, gate?: bottle.GateChild, info?: string, trim?: boolean }
---@return "exit"|"stopped"|"gate"|nil how
---@return integer|string code  exit status
---@return string? code
function Cell:keep(options) end

--- Answer to a name from now on: exists, when another does.
---@param slug string
---@return boolean? ok
---@return string? message
---@return string? code
function Cell:name(slug) end

--- Make a file, and the folders above it.
---@param path string
---@param bytes string
---@param mode? integer 0600
---@return boolean? ok
---@return string? message
---@return string? code
function Cell:put(path, bytes, mode) end

---@param path string
---@param mode? integer 0755
---@return boolean? ok
---@return string? message
---@return string? code
function Cell:mkdir(path, mode) end

---@param path string
---@return string? bytes
---@return string? message
---@return string? code
function Cell:get(path) end

--- Something is there: its device and inode, of a link its own.
---@param path string
---@return boolean? ok
---@return integer|string? dev   the message where ok is nil
---@return integer|string? ino   the code: notfound
function Cell:look(path) end

--- The path inside is the very file (or folder) that stands at host now; "direct": without a
--- symbolic link anywhere in host's path.
---@param path string
---@param host? string the same path
---@param direct? "direct"
---@return boolean? ok
---@return string? message
---@return string? code
function Cell:same(path, host, direct) end

--- What a folder of the host holds, into one of the sandbox: files, folders, links as links, with
--- their modes and times; up to 1 GiB and 200,000 of them.
---@param from string   the folder that has this device and inode, or nothing is copied
---@param to string
---@param options { dev: integer, ino: integer, skip?: string }  skip: a name at the top
---@return integer? bytes
---@return integer|string? files
---@return string? code  denied: another folder is there now; limit
function Cell:copy(from, to, options) end

--- What its keeper says about it.
---@return string?
---@return string? message
---@return string? code
function Cell:info() end

---@return boolean? ok
---@return string? message
---@return string? code
function Cell:stop() end

--- Where the gate's events can be read, in this process.
---@return string? path
---@return string? message
---@return string? code
function Cell:log() end

--- Begin its end and do not wait for it; only finish and close may follow.
function Cell:let_go() end

--- End it, but keep its name until close. Idempotent.
function Cell:finish() end

--- End it (or the connection). Idempotent.
function Cell:close() end

return cell
