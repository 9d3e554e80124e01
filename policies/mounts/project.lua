--- The project folder, at the path where the operator stands in it.
local policy <const> = require "policy"

policy.rule("mounts", { id = "project", run = function(_, mounts, run)
  if run.cwd == "none" then return end
  mounts:set(run.folder, { type = run.cwd, source = run.folder })
end })
