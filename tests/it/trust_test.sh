# The CA in the trust store of each family of images, told apart by their files.
. "${0%/*}/lib.sh"

# The least that a box needs: a shell and what it reads the store with.
base_() {
	root=$IT_WORK/root
	rm -rf "$root"
	mkdir -p "$root/bin" "$root/etc" "$root/tmp" "$root/usr/sbin"
	busybox=$(command -v busybox)
	cp "$busybox" "$root/bin/busybox"
	ldd "$busybox" 2>/dev/null | grep -oE '/[^ ]+' | while read -r lib; do
		mkdir -p "$root${lib%/*}"
		cp -L "$lib" "$root$lib"
	done
	for tool in sh cat ls grep id; do
		ln -s busybox "$root/bin/$tool"
	done
	echo root:x:0:0:root:/root:/bin/sh >"$root/etc/passwd"
}
# The image's own roots: one line that must still be there.
roots_() {
	mkdir -p "${root:?}${1%/*}"
	echo '# roots of the image' >"$root$1"
}
link_() {
	mkdir -p "${root:?}${2%/*}"
	ln -s "$1" "$root$2"
}
image=bottle-test-trust-$IT_RUN:latest
image_() {
	off && return
	docker image rm "$image" >/dev/null 2>&1 || :
	tar -C "$root" -c . | docker import "$@" - "$image" >/dev/null
	site_ "policy.rule(\"image\", { id = \"it/image\", before = \"*\", run = function() return \"$image\" end })"
}
# shellcheck disable=SC2016
look='for f in "$@"; do grep -q "roots of the image" $f && echo "roots $f"; grep -q "BEGIN CERT" $f && echo "ca $f"; done
	cat /ran 2>/dev/null; echo "env $SSL_CERT_FILE $(grep -c "BEGIN CERT" "$SSL_CERT_FILE")"
	for h in /etc/ssl/certs/*.0; do grep -q "BEGIN CERT" $h && echo "hash $h"; done
	ls /etc/pki/ca-trust/source/anchors /etc/pki/trust/anchors 2>/dev/null'
# has_ FILE…: each holds the image's roots and the bottle's CA.
has_() {
	run_ "$site_run" "$s" root --cwd none -- sh -c "$look" sh "$@"
	for file in "$@"; do
		expect_out "roots $file"
		expect_out "ca $file"
	done
	expect_out "env /etc/ssl/certs/ca-certificates.crt 1"
	expect_nothing_left "$s"
}

s=$(slug_ trust)

case_ "with -v each runtime in the box is shown to trust the CA, by a handshake"
site_ 'policy.rule("allowlist", { id = "it/only", after = "*", run = function(_, hosts) for _, h in ipairs(hosts:list()) do if h ~= "api.good.test" then hosts:remove(h) end end end })'
run_ "$site_run" "$s" root -v --cwd none -- true
expect_status 0
for name in curl git node openssl python3; do
	expect_err "trust: $name trusts the bottle's CA (api.good.test)"
done
refuse_err "does not trust"
manifest_ '{"env":{"CURL_CA_BUNDLE":"/nonexistent"}}'
run_ "$site_run" "$s" root -v --cwd none -- true
expect_status 0
expect_err "trust: curl does not trust the bottle's CA (api.good.test)"
expect_err "trust: node trusts"

case_ "doctor SLUG shows the same of a bottle that runs, and 1 when a runtime refuses the CA"
run_ "$site_run" "$s" root -d --cwd none -- sleep 600
run_ "$BOTTLE" doctor "$s"
expect_status 1
expect_out "trust: curl does not trust the bottle's CA (api.good.test)"
expect_out "trust: node trusts"
run_ "$BOTTLE" exec "$s" -- true
expect_status 0
run_ "$BOTTLE" stop "$s"
manifest_ '{}'
run_ "$site_run" "$s" root -d --cwd none -- sleep 600
run_ "$BOTTLE" doctor "$s"
expect_status 0
expect_out "trust: curl trusts"
run_ "$BOTTLE" stop "$s"
run_ "$BOTTLE" doctor "$s"
expect_status 125
expect_err "no bottle $s"

if [ "$IT_BACKEND" = native ] || ! command -v busybox >/dev/null; then
	case_ "the stores of each family of images"
	skip_ "no busybox to make images of"
	needs_ docker "there are no images"
	done_
fi

case_ "Debian: the bundle and the hash folder"
base_
roots_ /etc/ssl/certs/ca-certificates.crt
image_
has_ /etc/ssl/certs/ca-certificates.crt
expect_out "hash /etc/ssl/certs/"

case_ "Alpine: by the name that its OpenSSL reads too"
base_
roots_ /etc/ssl/certs/ca-certificates.crt
link_ certs/ca-certificates.crt /etc/ssl/cert.pem
image_
has_ /etc/ssl/certs/ca-certificates.crt /etc/ssl/cert.pem
base_
roots_ /etc/ssl/cert.pem
image_
has_ /etc/ssl/cert.pem /etc/ssl/certs/ca-certificates.crt

case_ "Red Hat: the extracted bundle by all of its names, and the anchors"
base_
roots_ /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem
link_ /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem /etc/pki/tls/certs/ca-bundle.crt
link_ /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem /etc/pki/tls/cert.pem
link_ ../pki/tls/certs /etc/ssl/certs
mkdir -p "$root/etc/pki/ca-trust/source/anchors"
image_
has_ /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem /etc/pki/tls/certs/ca-bundle.crt \
	/etc/pki/tls/cert.pem /etc/ssl/certs/ca-bundle.crt
expect_out claude-bottle-mitm.crt
base_
roots_ /etc/pki/tls/certs/ca-bundle.crt
image_
has_ /etc/pki/tls/certs/ca-bundle.crt

case_ "SUSE: the bundle behind its link, the hash folder and the anchors"
base_
roots_ /var/lib/ca-certificates/ca-bundle.pem
mkdir -p "$root/var/lib/ca-certificates/pem" "$root/etc/pki/trust/anchors"
link_ ../../var/lib/ca-certificates/ca-bundle.pem /etc/ssl/ca-bundle.pem
link_ ../../var/lib/ca-certificates/pem /etc/ssl/certs
image_
has_ /etc/ssl/ca-bundle.pem /var/lib/ca-certificates/ca-bundle.pem
expect_out "hash /etc/ssl/certs/"
expect_out claude-bottle-mitm.crt

for program in update-ca-certificates update-ca-trust; do
	case_ "an image that is none of these: its own $program runs, as root"
	base_
	# shellcheck disable=SC2016
	printf '#!/bin/sh\necho "ran %s $* as $(id -u)" >/ran\n' "$program" >"$root/usr/sbin/$program"
	chmod 755 "$root/usr/sbin/$program"
	image_
	has_
	expect_out "ran $program"
	expect_out "as 0"
done

# Java's store by its first bytes and its count of certificates: 2, the image's root and the bottle's CA.
java_() {
	run_ "$site_run" "$s" root --cwd none -- sh -c 'for f in "$@"; do
		echo "$f $(busybox od -An -tx1 -N12 $f | busybox tr -d " ")"; done; echo "$JAVA_TOOL_OPTIONS"' sh "$@"
	for file in "$@"; do
		expect_out "$file feedfeed0000000200000002"
	done
	expect_nothing_left "$s"
}
named=-Djavax.net.ssl.trustStore=/etc/ssl/certs/java/cacerts

case_ "Java by packages: its store is made anew with the CA, where each family keeps it"
base_
mkdir -p "$root/etc/ssl/certs/java" "$root/etc/pki/ca-trust/extracted/java"
cp "$UP_CA" "$root/etc/ssl/certs/ca-certificates.crt"
image_
java_ /etc/ssl/certs/java/cacerts /etc/pki/ca-trust/extracted/java/cacerts
refuse_out "$named"

case_ "Java that an image brings with it is told of its store"
base_
mkdir -p "$root/etc/pki/tls/certs"
cp "$UP_CA" "$root/etc/pki/tls/certs/ca-bundle.crt"
image_ --change 'ENV JAVA_HOME=/opt/jdk'
java_ /etc/ssl/certs/java/cacerts
expect_out "$named"

case_ "an image without any store has the bundle that the variables name"
base_
image_
has_
docker image rm "$image" >/dev/null 2>&1 || :
done_
