--- One more provisioning step: the operator's editor settings, after git is set up.
local policy <const> = require "policy"

policy.rule("provision", { id = "acme/dotfiles", after = "git", run = function(box)
  box:copy_in({ data = "set expandtab\nset shiftwidth=2\n" }, "~/.vimrc")
  local _, err, code = box:exec "git config --global init.defaultBranch main"
  if code ~= 0 then error("git config: " .. err, 0) end
end })
