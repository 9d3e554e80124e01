// java Web WAY SECRET: what runs in the bottle; see web.py.
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.cert.X509Certificate;

class Web {
	static HttpClient client;

	static String ask(String url, String body) throws Exception {
		HttpRequest.Builder req = HttpRequest.newBuilder(URI.create(url));
		if (body != null) req.POST(HttpRequest.BodyPublishers.ofString(body));
		HttpResponse<String> res = client.send(req.build(), HttpResponse.BodyHandlers.ofString());
		X509Certificate leaf = (X509Certificate) res.sslSession().get().getPeerCertificates()[0];
		if (body == null) System.out.println("issuer: " + leaf.getIssuerX500Principal());
		return res.version() + " " + res.statusCode() + " " + res.body();
	}

	static void one(String what, String url, String body) {
		try {
			System.out.println(what + ": " + ask(url, body));
		} catch (Exception e) {
			System.out.println(what + ": " + e);
		}
	}

	public static void main(String[] args) {
		HttpClient.Builder b = HttpClient.newBuilder();
		// Nothing said, it takes the default selector: the bottle's properties.
		if (args[0].equals("direct")) b.proxy(HttpClient.Builder.NO_PROXY);
		client = b.build();
		String path = "/java/" + args[0];
		one("ok", "https://api.good.test" + path, null);
		one("secret", "https://api.good.test" + path, args[1]);
		one("other", "https://java." + args[0] + ".evil.test" + path, null);
		System.exit(0);
	}
}
