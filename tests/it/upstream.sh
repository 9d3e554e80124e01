# upstream.sh - the world outside: a CA, nginx on an address that only this run uses, a git repository.
# Sourced by run. Exports UP (the address), UP_CA (its root certificate), UP_LOG, UP_BODIES, and what
# a test may bring itself: UP_API, a socket to be https://api.anthropic.com behind, and what
# clients/peers.py is: UP_PEER, an address for it, UP_DIR, where its sockets and certificate lie.
# shellcheck shell=sh

upstream_pid=
upstream_added=
upstream_held=

# up_add ADDRESS: on lo, if it is not.
up_add() {
	ip -o addr show dev lo | grep -q "inet $1/" && return
	ip addr add "$1/32" dev lo 2>/dev/null || return 1
	upstream_added="$upstream_added $1"
}

# 198.18.0.0/15 is for benchmarks (RFC 2544): nobody's real address, and reachable from a container
# by plain routing when it is on lo. Several runs at once take different ones.
upstream_address() {
	for n in 1 2 3 4 5 6 7 8; do
		UP=198.18.53.$n UP_PEER=198.18.54.$n
		# Held by this folder: two runs that start together would both see a free one.
		mkdir "${TMPDIR:-/tmp}/bottle-it-address.$n" 2>/dev/null || continue
		upstream_held=${TMPDIR:-/tmp}/bottle-it-address.$n
		ss -Hltn "src $UP" | grep -q . && { rmdir "$upstream_held"; continue; }
		up_add "$UP" && up_add "$UP_PEER" || { rmdir "$upstream_held"; continue; }
		export UP UP_PEER
		return
	done
	echo "it: cannot put an address of 198.18.53.0/24 on lo (needs root or CAP_NET_ADMIN)" >&2
	exit 1
}

# cert NAME DAYS SIGNER SAN…
cert() {
	name=$1 days=$2 signer=$3 san=$4
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
		-keyout "$w/$name.key" -out "$w/$name.csr" 2>/dev/null
	printf 'subjectAltName=%s\nbasicConstraints=critical,CA:FALSE\n' "$san" >"$w/$name.ext"
	if [ "$signer" = self ]; then
		openssl x509 -req -in "$w/$name.csr" -signkey "$w/$name.key" -days "$days" \
			-extfile "$w/$name.ext" -out "$w/$name.crt" 2>/dev/null
		return
	fi
	if [ "$days" -lt 0 ]; then # expired yesterday
		( mkdir -p "$w/ca.$name" && cd "$w/ca.$name" && : >index && echo 01 >serial &&
			printf '[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' >conf &&
			openssl ca -batch -notext -config conf -cert "$w/$signer.crt" -keyfile "$w/$signer.key" \
				-in "$w/$name.csr" -extfile "$w/$name.ext" -startdate 20200101000000Z \
				-enddate 20200201000000Z -out "$w/$name.crt" 2>/dev/null )
		return
	fi
	openssl x509 -req -in "$w/$name.csr" -CA "$w/$signer.crt" -CAkey "$w/$signer.key" -CAcreateserial \
		-days "$days" -extfile "$w/$name.ext" -out "$w/$name.crt" 2>/dev/null
}

root() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$2" \
		-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
		-keyout "$w/$1.key" -out "$w/$1.crt" 2>/dev/null
}

# vhost NAME CERT [CONF]: TLS; what reaches it is kept: one line in access.log, the body in a file.
vhost() {
	cat <<-CONF
	server {
		listen $UP:443 ssl http2;
		listen $UP:8443 ssl http2;
		server_name $1;
		ssl_certificate $w/$2.crt;
		ssl_certificate_key $w/$2.key;
		access_log $w/access.log seen;
		include $w/${3:-site}.conf;
	}
	CONF
}

nginx_conf() {
	modules=/usr/share/nginx/modules-available
	[ -d "$modules" ] || modules=
	cat >"$w/site.conf" <<-CONF
	root $w/www;
	client_max_body_size 64m;
	location / { try_files \$uri @hello; }
	location @hello { default_type text/plain; return 200 "hello from \$host\n"; }
	location = /post {
		client_body_in_file_only on;
		proxy_pass http://unix:$w/sink;
	}
	location /ws/ {
		proxy_pass http://unix:$w/ws:;
		proxy_http_version 1.1;
		proxy_set_header Upgrade \$http_upgrade;
		proxy_set_header Connection upgrade;
	}
	location /routed/ {
		proxy_pass http://unix:$w/routed:;
		proxy_set_header Host \$host;
	}
	location /git/ { proxy_pass http://unix:$w/git:; }
	CONF
	cat >"$w/api.conf" <<-CONF
	client_max_body_size 64m;
	location / {
		proxy_pass http://unix:$w/api;
		proxy_http_version 1.1;
		proxy_buffering off;
	}
	CONF
	{
		cat <<-CONF
		worker_processes 1;
		daemon off;
		pid $w/pid;
		error_log $w/error.log debug;
		events { worker_connections 512; }
		http {
			log_format seen '\$server_port \$host "\$request" \$status len=\$request_length type="\$content_type" auth="\$http_authorization" via="\$http_via" fwd="\$http_x_forwarded_for" ae="\$http_accept_encoding" body=\$request_body_file';
			client_body_temp_path $w/bodies;
			proxy_temp_path $w/tmp; fastcgi_temp_path $w/tmp; uwsgi_temp_path $w/tmp; scgi_temp_path $w/tmp;
			access_log off;
			server { listen unix:$w/sink; default_type text/plain; location / { return 200 "received\n"; } }
			server {
				listen $UP:80 default_server;
				server_name _;
				access_log $w/access.log seen;
				include $w/site.conf;
			}
		CONF
		vhost 'good.test *.good.test *.wild.test pass.test' good
		vhost api.anthropic.com good api
		vhost expired.bad.test expired
		vhost wrong.bad.test wrong
		vhost self.bad.test self
		vhost other.bad.test other
		echo '}'
	} >"$w/nginx.conf"
}

git_make() {
	mkdir -p "$w/www"
	(
		export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
		git init -q -b main "$w/src"
		cd "$w/src" || exit
		echo 'hello from the repository' >README
		git add README
		git -c user.name=it -c user.email=it@good.test commit -q -m 'first'
		git clone -q --bare "$w/src" "$w/www/app.git"
		git -C "$w/www/app.git" update-server-info
	)
}

upstream_start() {
	w=$IT_DIR/upstream
	mkdir -p "$w/bodies" "$w/tmp" "$w/www"
	chmod 755 "$IT_DIR" "$w"
	upstream_address
	root up "Upstream Test Root"
	root stranger "Unknown Root"
	cert good 20 up 'DNS:good.test,DNS:*.good.test,DNS:*.wild.test,DNS:pass.test,DNS:api.anthropic.com'
	cert wrong 20 up 'DNS:elsewhere.test'
	cert expired -1 up 'DNS:expired.bad.test'
	cert self 20 self 'DNS:self.bad.test'
	cert other 20 stranger 'DNS:other.bad.test'
	git_make
	nginx_conf
	: >"$w/access.log"
	nginx -c "$w/nginx.conf" -p "$w" >"$w/nginx.out" 2>&1 &
	upstream_pid=$!
	n=0
	until curl -s -o /dev/null "http://$UP/"; do
		n=$((n + 1))
		if [ $n -gt 100 ] || ! kill -0 "$upstream_pid" 2>/dev/null; then
			echo "it: nginx did not start:" >&2
			cat "$w/nginx.out" >&2
			exit 1
		fi
		sleep 0.05
	done
	chmod -R a+rX "$w/www"
	export UP_CA="$w/up.crt" UP_LOG="$w/access.log" UP_DEBUG="$w/error.log" UP_BODIES="$w/bodies" UP_API="$w/api" UP_DIR="$w"
}

upstream_stop() {
	[ -z "$upstream_pid" ] || { kill "$upstream_pid" 2>/dev/null; wait "$upstream_pid" 2>/dev/null; } || :
	for a in $upstream_added; do
		ip addr del "$a/32" dev lo 2>/dev/null || :
	done
	[ -z "$upstream_held" ] || rmdir "$upstream_held" 2>/dev/null || :
	upstream_pid='' upstream_added='' upstream_held=''
}
