//! Networks of companies: proxies, their certificates, and AWS's special endpoints. A listener on the loopback
//! interface stands for the proxy; it sees whom the program asks for and lets nothing through.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use crate::backend;
use crate::support::Run;

/// Any certificate in PEM form: an authority that signed nothing.
const AUTHORITY: &str = "\
-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUDemTkCSgclhg+8i4p0WQgaa2JocwCgYIKoZIzj0EAwIw
IjEgMB4GA1UEAwwXcGd3YXVkaXQgdGVzdCBhdXRob3JpdHkwIBcNMjYxMTI3MTYw
MzA0WhgPMjEyNjExMDMxNjAzMDRaMCIxIDAeBgNVBAMMF3Bnd2F1ZGl0IHRlc3Qg
YXV0aG9yaXR5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEiDZqRREqtwB5CcTC
yaQXfkf2iXCVavQJkYyX+uMvEMup44G9q7HOz0MVEtR80gc5/lfNUnzGOtyVHF4d
KsFVcqNTMFEwHQYDVR0OBBYEFEaQw1monud+5k2Aj+AqUstAukfyMB8GA1UdIwQY
MBaAFEaQw1monud+5k2Aj+AqUstAukfyMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZI
zj0EAwIDRwAwRAIgCwxUbedLLSDiO/EzE2klDCfGzGzOZLo88jPAp93rrX8CIAEQ
+WzkE9bx0otkGA3BlnKvNC+YnZN/bd1paIop6ONa
-----END CERTIFICATE-----
";

/// A proxy that refuses and remembers the first line of every request.
struct Proxy {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { break };
                let mut line = String::new();
                let read = BufReader::new(stream.try_clone().expect("a second handle")).read_line(&mut line);
                if read.is_ok_and(|length| length > 0) {
                    lines.lock().expect("the lines").push(line.trim_end().to_owned());
                    // Whoever asked may be gone.
                    let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                }
            }
        });
        Proxy { url, seen }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("the lines").clone()
    }
}

/// A scan that would go to AWS itself, but for the proxy.
fn scan_of_aws(proxy: &Proxy, env: &[(&str, &str)]) -> Run {
    let always = [("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"), ("HTTPS_PROXY", proxy.url.as_str())];
    backend().account("100000000101").pgwaudit_with(&["scan", "--timeout", "20s"], &[&always, env].concat())
}

#[test]
fn calls_go_through_the_proxy_to_the_endpoints_that_are_asked_for() {
    for (env, host) in [
        (vec![], "sts.us-east-1.amazonaws.com:443"),
        (vec![("AWS_USE_FIPS_ENDPOINT", "true")], "sts-fips.us-east-1.amazonaws.com:443"),
        (vec![("AWS_USE_DUALSTACK_ENDPOINT", "true")], "sts.us-east-1.api.aws:443"),
    ] {
        let proxy = Proxy::start();
        let run = scan_of_aws(&proxy, &env);
        assert_eq!((run.code, run.stderr.lines().count()), (2, 2), "{}", run.stderr);
        assert!(run.stderr.contains("HTTPS_PROXY"), "{}", run.stderr);
        let seen = proxy.seen();
        assert!(!seen.is_empty() && seen.iter().all(|line| line.starts_with(&format!("CONNECT {host} "))), "{env:?}: {seen:?}");
    }
}

#[test]
fn a_proxy_is_not_asked_for_what_is_excepted() {
    let proxy = Proxy::start();
    let own = backend().account("100000000102");
    let through = own.pgwaudit_with(&["scan", "--timeout", "20s"], &[("HTTP_PROXY", &proxy.url)]);
    assert_eq!(through.code, 2, "{}", through.stderr);
    assert!(!proxy.seen().is_empty());
    let other = Proxy::start();
    let around = own.pgwaudit_with(&["scan"], &[("HTTP_PROXY", &other.url), ("HTTPS_PROXY", &other.url), ("NO_PROXY", "127.0.0.1")]);
    assert_eq!((around.code, other.seen()), (0, vec![]), "{}", around.stderr);
}

#[test]
fn a_bundle_of_authorities_is_read_and_keeps_the_proxy() {
    let proxy = Proxy::start();
    let missing = scan_of_aws(&proxy, &[("AWS_CA_BUNDLE", "/nonexistent/bundle.pem")]);
    assert_eq!((missing.code, missing.stderr.lines().count()), (2, 2), "{}", missing.stderr);
    assert!(missing.stderr.contains("AWS_CA_BUNDLE: /nonexistent/bundle.pem"), "{}", missing.stderr);
    assert_eq!(proxy.seen(), Vec::<String>::new());
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("authority.pem");
    std::fs::write(&file, AUTHORITY).expect("written");
    let run = scan_of_aws(&proxy, &[("AWS_CA_BUNDLE", file.to_str().expect("UTF-8"))]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(proxy.seen().iter().any(|line| line.starts_with("CONNECT sts.us-east-1.amazonaws.com:443 ")), "{:?}", proxy.seen());
    // The account of the test server answers over plain HTTP, whatever authorities there are.
    let own = backend().account("100000000103").pgwaudit_with(&["scan"], &[("AWS_CA_BUNDLE", file.to_str().expect("UTF-8"))]);
    assert_eq!(own.code, 0, "{}", own.stderr);
}
