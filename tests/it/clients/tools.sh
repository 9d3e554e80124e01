# tools.sh CLIENT WAY SECRET: what runs in the bottle; see web.py.
client=$1 way=$2 secret=$3
path=/$client/$way good=api.good.test other=$client.$way.evil.test

by_curl() {
	version=$1
	shift
	curl -sS "--$version" -w ' HTTP/%{http_version}' "$@" 2>&1 | tr '\n' ' '
}

by_openssl() {
	proxy=
	[ "$way" = direct ] || proxy="-proxy ${https_proxy#http://}"
	# shellcheck disable=SC2086
	said=$(printf '%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' \
		"$1" "$path" "$2" "${#3}" "$3" |
		openssl s_client $proxy -connect "$2:443" -servername "$2" -verify_return_error -ign_eof 2>&1)
	echo "$said" | grep -aE '^hello|^blocked|CONNECT failed|errno'
	echo "$said" | sed -n 's/^issuer=/issuer: /p'
}

case $client in
curl-*)
	echo "ok: $(by_curl "${client#curl-}" "https://$good$path")"
	echo "issuer: $(curl -sS -o /dev/null -v "https://$good/" 2>&1 | sed -n 's/^\*  issuer: //p')"
	echo "secret: $(by_curl "${client#curl-}" -d "$secret" "https://$good$path")"
	echo "other: $(by_curl "${client#curl-}" "https://$other$path")"
	;;
openssl)
	echo "ok: $(by_openssl GET $good '')"
	echo "secret: $(by_openssl POST $good "$secret")"
	echo "other: $(by_openssl GET "$other" '')"
	;;
git)
	dir=$(mktemp -d) && cd "$dir" || exit 1
	url=https://git.good.test/git/$way/app.git
	echo "ok: $(git clone -q "$url" app 2>&1 && cat app/README && cd app && git checkout -q -b "$way" &&
		echo more >>README && git -c user.name=it -c user.email=it@good.test commit -q -a -m "$way" &&
		git push -q origin "$way" 2>&1 && git ls-remote origin "$way")"
	echo "secret: $(git -c http.extraHeader="X-Key: $secret" ls-remote "$url" 2>&1)"
	echo "other: $(git ls-remote "https://$other/app.git" 2>&1)"
	rm -rf "$dir"
	;;
esac
