std = "lua54"
max_line_length = 100
max_cyclomatic_complexity = 12
read_globals = {}
exclude_files = { "lua/bottle/_meta" }
