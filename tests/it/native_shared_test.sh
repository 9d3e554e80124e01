# What native bottles share with the host, as root and as an ordinary user: the project folder, files on the standard
# streams, what the operator's home decides.
# shellcheck disable=SC2034
. "${0%/*}/lib.sh"
only_ native "this is about the other one"
. "${0%/*}/native_who.sh"

site_
usable_

for each in root user; do
	site_
	as_$each
	runners

	case_ "[$each] of two bottles in one folder the first to end leaves the other guarded, and the last leaves nothing"
	nat "n1-$each" -d -- sleep 600
	nat "n2-$each" -d -- sleep 600
	"$who_" "$BOTTLE" stop "n1-$each" >/dev/null 2>&1
	run_ "$who_" "$BOTTLE" exec "n2-$each" -- sh -c 'for f in .git/hooks/pre-commit .git/config .envrc .mcp.json .claude/settings.json; do
			(echo x >$f) 2>/dev/null && echo "wrote $f"; done; mv .git .git2 2>/dev/null && echo moved; echo done'
	expect_out "done"
	refuse_out wrote
	refuse_out moved
	"$who_" "$BOTTLE" stop "n2-$each" >/dev/null 2>&1
	wait_for 5 nothing "n2-$each" || bad "left: $(left "n2-$each" | tr '\n' ' ')"

	case_ "[$each] a copy is the agent's alone: the project is untouched, its state at the start out of reach, the change a patch"
	printf 'one\n' >"$site/project/a" && mkdir -p "$site/project/d" && printf 'two\n' >"$site/project/d/b" && ln -sf a "$site/project/l"
	[ "$each" = root ] || chown -R $uid:$uid "$site/project"
	"$who_" git -C "$site/project" init -q && "$who_" git -C "$site/project" add -A &&
		"$who_" git -C "$site/project" -c user.name=it -c user.email=it@good.test commit -qm it
	nat "nc-$each" --cwd copy -- sh -c 'git status --short; git log --format=%s; echo more >>a; rm d/b; echo x >.envrc; echo bad >.git/config
		(echo x >/run/bottle/diff/a/a) 2>/dev/null && echo wrote; (echo x >/run/bottle/diff/b/a) 2>/dev/null && echo wrote; mkdir shut; echo x >shut/f; chmod 0 shut; exit 4'
	expect_status 4
	[ "$(cat "$out")" = it ] || bad "not the repository as it was"
	expect_err "the agent changed 4 file(s) of its copy"
	kept=$(find "$IT_WORK" -name "nc-$each.patch")
	expect "the project as it was" "$who_" git -C "$site/project" diff --quiet
	expect "the patch applies, and is the change" sh -c '"$1" git -C "$2" apply "$3" && [ "$(tail -1 "$2/a")" = more ] && [ ! -e "$2/d/b" ] && [ -e "$2/.envrc" ]' sh \
		"$who_" "$site/project" "$kept"
	[ -z "$kept" ] || rm -rf "${kept%/bottle/*}/bottle"
	rm -rf "$site/project/.git" "$site/project"/* "$site/project/.envrc"
	expect "nothing is left" nothing "nc-$each"

	case_ "[$each] a file on a standard stream is a pipe inside: not read from its start, not written, nothing lost or out of order"
	cd "$IT_WORK" || exit
	printf 'first\nsecond\nthird\n' >in
	echo secret >log
	off || (read -r x; "$nat_" "nf-$each" -- sh -c 'read -r x; echo "read $x"; echo oops >&2
		stat -L -c %F /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2; exit 6' >>log 2>&1; echo "status $?" >>log; cat >rest) <in
	cp log "$out"
	expect "what was there" [ "$(head -1 log)" = secret ]
	expect "the rest, as it came" [ "$(sed -n '/^read second/,$p' log | tr '\n' ' ')" = "read second oops fifo fifo fifo status 6 " ]
	expect "what it did not read is the next one's" [ "$(cat rest)" = third ]
	head -c 3000000 /dev/urandom >bytes
	off || "$nat_" "nf-$each" -- cat <bytes >same 2>"$err"
	expect "megabytes through both" cmp bytes same
	off || "$nat_" "nf-$each" -- sh -c 'exec <&-; echo done' <bytes >same 2>"$err"
	expect "an input that nobody reads" [ "$(cat same)" = "done" ]
	status=0
	off || "$nat_" "nf-$each" -- true >"$out" 2>"$err" </ || status=$?
	expect_status 126
	expect_err "standard input is a folder"
	cd "$top" || exit

	case_ "[$each] where the operator has an NSS database the agent has one with the CA, and a client of it trusts the gate"
	if command -v certutil >/dev/null && command -v tstclnt >/dev/null; then
		if [ "$each" = root ]; then nss_home=$HOME; else nss_home=$user_dir/home; fi
		nat "ns-$each" -- ls -A /home/agent
		refuse_out .pki
		mkdir -p "$nss_home/.pki/nssdb"
		nat "ns-$each" -- sh -c 'db=sql:$HOME/.pki/nssdb; certutil -L -d "$db" -n bottle | grep Subject:; certutil -L -d "$db" | grep ^bottle
			printf "GET / HTTP/1.0\r\nHost: api.good.test\r\n\r\n" >/tmp/ask
			mkdir /tmp/none && certutil -N -d sql:/tmp/none --empty-password
			tstclnt -h api.good.test -p 443 -d sql:/tmp/none </tmp/ask && echo "trusted by all"
			tstclnt -h api.good.test -p 443 -d "$db" </tmp/ask'
		expect_status 0
		expect_out "Bottle CA ns-$each"
		expect_out "C,,"
		expect_out "hello from api.good.test"
		refuse_out "trusted by all"
		expect "the operator's is as it was" [ -z "$(ls -A "$nss_home/.pki/nssdb")" ]
		rm -rf "$nss_home/.pki"
	else
		skip_ "no libnss3-tools here"
	fi

	case_ "[$each] Chromium trusts the gate by that database, by proxy variable and without, and nothing without it"
	if ! command -v chromium >/dev/null || ! command -v certutil >/dev/null; then
		skip_ "no chromium and libnss3-tools here"
	else
		if [ "$each" = root ]; then nss_home=$HOME; else nss_home=$user_dir/home; fi
		mkdir -p "$nss_home/.pki/nssdb"
		[ "$each" = root ] || chown -R $uid "$nss_home/.pki"
		LIMIT=120
		nat "nm-$each" -- sh -c 'see() { timeout 50 chromium --headless --no-sandbox --disable-gpu --user-data-dir=$(mktemp -d) --dump-dom "$@" 2>/dev/null; }
			see https://api.good.test/; see --no-proxy-server https://api.good.test/; rm -r "$HOME/.pki"; echo then; see https://api.good.test/'
		LIMIT=
		expect "its page, twice, and no more" [ "$(grep -c 'hello from api.good.test' "$out")" -eq 2 ]
		expect "the last one is another page" sh -c 'sed "1,/^then$/d" "$1" | grep -q "<html"' sh "$out"
		rm -rf "$nss_home/.pki"
	fi
done

as_user
runners
case_ "an ordinary user's supplementary groups stay: they read what is in view, and no socket or file beside it"
group=64555
echo for-the-group >"$site/project/shared"
mkdir -p "$IT_WORK/beside"
echo for-the-group >"$IT_WORK/beside/file"
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$IT_WORK/beside/sock"
chown -R 0:$group "$IT_WORK/beside" "$site/project/shared"
chmod 640 "$site/project/shared" "$IT_WORK/beside/file"
chmod 770 "$IT_WORK/beside" "$IT_WORK/beside/sock"
sed "s/--clear-groups/--groups $group/" "$who_" >"$IT_WORK/who_group"
sed "s#'$who_'#'$IT_WORK/who_group'#" "$nat_" >"$IT_WORK/nat_group"
chmod 755 "$IT_WORK/who_group" "$IT_WORK/nat_group"
expect "outside they read it" "$IT_WORK/who_group" cat "$IT_WORK/beside/file"
run_ "$IT_WORK/nat_group" nq-user -- sh -c "cat shared; (echo x >>shared) 2>/dev/null && echo wrote
	ls '$IT_WORK/beside' /run/docker.sock /var/run/docker.sock 2>&1 | grep -c 'No such file'; find / -xdev -type s 2>/dev/null; find /dev -type b; id -G"
expect_out for-the-group
refuse_out wrote
expect "nothing beside it is there" grep -qx 3 "$out"
expect "no socket and no disk" sh -c '! grep -q "^/" "$1"' sh "$out"
refuse_out $group
rm -rf "$site/project/shared" "$IT_WORK/beside"

case_ "a folder in which the operator cannot write is said before anything starts, with what helps"
chown 0:0 "$site/project"
chmod 755 "$site/project"
nat nr-user -- true
expect_status 125
expect_err "you cannot write in it, and .claude/settings.json has to be made there to be guarded"
expect_err "--cwd copy or none"
nat nr-user --cwd none -- true
expect_status 0
expect "nothing is left" nothing nr-user
done_
