local test <const> = require "bottle.test"
local try <const> = require "bottle.try"

local site <const> = try.new("examples/dotfiles/policy.lua", "examples/dotfiles/bottle.json")

test.case("the step runs last and shows in the plan", function(t)
  t.eq(table.concat(site.plan.provision, " "), "ca prompt skills ssh git acme/dotfiles")
end)

test.case("a step is tried on a box that writes down what is done to it", function(t)
  local done = {}
  local box <const> = {
    copy_in = function(_, _, to) done[#done + 1] = to end,
    exec = function() done[#done + 1] = "exec" return "", "", 0 end,
  }
  local steps = site.registry:steps "provision"
  steps[#steps].run(box, site.plan, {})
  t.eq(table.concat(done, " "), "~/.vimrc exec")
end)
