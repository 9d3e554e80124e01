--- Files of the project through which code would run outside the bottle later: read-only in it,
--- whether they exist yet or not. A path that ends in / is a folder; a * matches what is there now.
--- .git/commondir names another folder whose config and hooks git uses in place of its own; the
--- repositories of submodules and linked worktrees have a config and hooks, too.
local policy <const> = require "policy"

local guarded <const> = {
  ".git/hooks/", ".git/config", ".git/config.worktree", ".git/commondir", ".git/modules*",
  ".git/worktrees*", ".husky*", ".gitmodules", ".envrc", ".vscode/", ".idea/", ".mcp.json",
  ".claude/settings.json", ".claude/settings.local.json",
}

policy.rule("mounts", { id = "guard", run = function(_, mounts, run)
  if run.cwd ~= "bind" then return end
  for _, path in ipairs(guarded) do mounts:set(path, "guard") end
end })
