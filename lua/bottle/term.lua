local proc <const> = require "bottle.proc"
return { isatty = function(fd) return proc.run({ "test", "-t", tostring(fd) }, { stdin = "inherit",
  stdout = "inherit", stderr = "inherit" }).code == 0 end, color = function() return false end }
