# lua7.awk - bottle-lua(7) from lua/bottle/_meta/*.lua: one section a module, one item a function.
# A new sentence starts on a new line, as mdoc wants it.
function text(s) {
	gsub(/\\/, "\\e", s)
	if (s ~ /^[.']/) s = "\\&" s
	gsub(/[.!?] +/, ".\n", s)
	return s
}
function flush_item(name,    i) {
	print ".It Li " text(name)
	for (i = 1; i <= n; i++) print (doc[i] == ".br" ? ".br" : text(doc[i]))
	n = 0
}
BEGIN {
	print ".Dd November 22, 2026\n.Dt BOTTLE-LUA 7\n.Os\n.Sh NAME\n.Nm bottle-lua\n.Nd primitives for policies and the prompt"
	print ".Sh DESCRIPTION\nWhat\n.Ql require \\(dqbottle.NAME\\(dq\ngives in the control VM."
	print "A bad call raises; a bad world returns nil, a message and a code."
}
FNR == 1 {
	if (open) print ".El"
	open = 0; n = 0; title = ""
}
/^---@meta / { title = $2; print ".Ss " title; next }
/^---@(param|return)/ {
	line = $0; sub(/^---@/, "", line)
	doc[++n] = ".br"; doc[++n] = line; next
}
/^---@/ { next }
/^---/ { line = $0; sub(/^--- ?/, "", line); if (line != "") doc[++n] = line; next }
/^function / {
	name = $0; sub(/^function /, "", name); sub(/ end$/, "", name)
	if (!open) { print ".Bl -tag -width Ds"; open = 1 }
	flush_item(name); next
}
/^[^-]/ || /^$/ {
	# A comment that stands alone is about the module.
	if (n && !open && /^$/) { for (i = 1; i <= n; i++) if (doc[i] !~ /^\.br/) print text(doc[i]) }
	n = 0
}
END { if (open) print ".El"; print ".Sh SEE ALSO\n.Xr bottle 1" }
