// web WAY SECRET: what runs in the bottle; see web.py.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

func one(what, url, body string) {
	method := "GET"
	if body != "" {
		method = "POST"
	}
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		fmt.Println(what+":", err)
		return
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	if body == "" {
		fmt.Println("issuer:", res.TLS.PeerCertificates[0].Issuer)
	}
	fmt.Println(what+":", res.Proto, res.StatusCode, string(text))
}

func main() {
	path := "/go/" + os.Args[1]
	one("ok", "https://api.good.test"+path, "")
	one("secret", "https://api.good.test"+path, os.Args[2])
	one("other", "https://go."+os.Args[1]+".evil.test"+path, "")
}
