#!/bin/sh
# rows.sh - docs/reference/attacks.md has every row of the corpus, and every test that it names has a
# case whose sentence names the row; docs/reference/pipelock-compatibility.md likewise.
set -eu
corpus='H22 T15 F24 P8 D18 N20 G7 M5' # letters, and how many rows of each
behaviours='C30'
# What is not built, by name: the list only shrinks.
coming='N12 N13 G01 G02 G03 G04 G05 G06 G07 M01 M02 M03'

# "PLACE ROW" for every row that a case names: gate/h H01, it/native N20, lua/plan D12.
named() {
	grep -oE '"([A-Z][0-9][0-9] )*[A-Z][0-9][0-9][" ]' tests/it/gate/*_rows.py |
		sed 's,^tests/it/gate/\(.*\)_rows.py:,gate/\1 ,'
	grep -E '^[[:space:]]*case_ ".*[( ][A-Z][0-9][0-9][),:]' tests/it/*_test.sh |
		sed 's,^tests/it/\(.*\)_test.sh:.*(,it/\1 ,'
	grep -oE '^test\.case\("[A-Z][0-9][0-9][: ]' tests/lua/*_test.lua |
		sed 's,^tests/lua/\(.*\)_test.lua:,lua/\1 ,'
}

# page FILE COUNTS: hold its table against what is named, on standard input.
page() {
	awk -v page="$1" -v counts="$2" -v coming=" $coming " '
	function say(text) { print page ": " text; bad = 1 }
	FILENAME == "-" {
		place = $1
		$1 = ""
		while (match($0, /[A-Z][0-9][0-9]/)) {
			has[place, substr($0, RSTART, 3)] = 1
			$0 = substr($0, RSTART + 3)
		}
		next
	}
	/^\| [A-Z][0-9][0-9] \|/ {
		n = split($0, cell, / *\| */)
		row = cell[2]
		if (row in line)
			say(row " stands there twice")
		line[row] = 1
		built = $0 !~ /not built yet/
		if (!built && index(coming, " " row " ") == 0)
			say(row " was built")
		places = split(cell[n - 1], place_of, /, */)
		if (built && places == 0)
			say(row ": no test")
		for (i = 1; i <= places; i++)
			if (!((place_of[i], row) in has))
				say(row ": no case in " place_of[i] " names it")
	}
	END {
		letters = split(counts, each, " ")
		for (i = 1; i <= letters; i++)
			for (k = 1; k <= substr(each[i], 2) + 0; k++) {
				row = sprintf("%s%02d", substr(each[i], 1, 1), k)
				if (!(row in line))
					say(row " is missing")
				want[row] = 1
			}
		for (row in line)
			if (!(row in want))
				say(row " is no row")
		exit bad
	}' - "$1"
}

bad=0
named | page docs/reference/attacks.md "$corpus" || bad=1
named | page docs/reference/pipelock-compatibility.md "$behaviours" || bad=1
exit $bad
