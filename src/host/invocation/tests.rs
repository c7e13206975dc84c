//! URLs as people write them, and as attackers do.

use super::*;
use crate::host::Distrust;

fn url(text: &str) -> InvocationUrl {
    InvocationUrl::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"))
}

fn raw(segments: &[Segment]) -> Vec<&str> {
    segments.iter().map(Segment::raw).collect()
}

#[test]
fn the_parts() {
    let url = url("HTTPS://hunter2:s3cret@a1b2c3d4e5.execute-api.us-east-1.amazonaws.com:8443/prod//orders/*/?x=1&y&x+z=%3D#top");
    assert_eq!(url.scheme, "https");
    assert!(matches!(&url.host, Host::Api { api_id, .. } if api_id == "a1b2c3d4e5"));
    assert_eq!(url.port, Some(8443));
    assert!(url.has_user_info && url.repeated_slashes && url.has_fragment);
    assert_eq!(raw(&url.segments), ["prod", "orders", "*"]);
    assert_eq!(raw(url.below_base()), ["orders", "*"]);
    assert_eq!(url.wildcards, 1);
    assert_eq!(url.query_keys, ["x", "y", "x z"]);
    let shown = format!("{url:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("s3cret"), "{shown}");
}

#[test]
fn a_plain_one() {
    let url = url("https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com");
    assert_eq!((url.port, url.base(), url.wildcards), (None, None, 0));
    assert!(!url.has_user_info && !url.repeated_slashes && !url.has_fragment);
    assert!(url.below_base().is_empty() && url.query_keys.is_empty());
}

/// The URL that the article behind this project deploys, with its doubled slash.
#[test]
fn a_doubled_slash_is_seen_and_does_not_count() {
    let url = url("https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod//hello");
    assert!(url.repeated_slashes);
    assert_eq!(raw(url.below_base()), ["hello"]);
}

#[test]
fn the_first_segment_is_the_stage_or_a_base_path() {
    let prod = Segment::Literal("prod".to_owned());
    for host in [
        "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
        "a1b2c3d4e5-vpce-0a1b.execute-api.us-east-1.amazonaws.com",
        "vpce-0a1b-c2d3.execute-api.us-east-1.vpce.amazonaws.com",
    ] {
        assert_eq!(url(&format!("https://{host}/prod/hello")).base(), Some(Base::Stage(&prod)), "{host}");
    }
    let custom = url("https://orders.example.com/prod/hello");
    assert_eq!(custom.base(), Some(Base::BasePath(&prod)));
    assert_eq!(raw(custom.below_base()), ["hello"]);
    assert_eq!(raw(&custom.segments), ["prod", "hello"]);
    assert_eq!(url("https://orders.example.com/").base(), None);
}

#[test]
fn segments_decode() {
    let url = url("https://orders.example.com/a%20b/%ff/%2F");
    let decoded: Vec<_> = url.segments.iter().map(Segment::decoded).collect();
    assert_eq!(decoded, [Some("a b".into()), None, Some("/".into())]);
}

#[test]
fn values_of_a_target() {
    let url = url("https://orders.example.com/v1/*/items/*");
    assert_eq!(raw(&url.filled(&[Some("7"), None])), ["v1", "7", "items", "*"]);
}

#[test]
fn ports_and_addresses() {
    let untrusted = Host::Untrusted { why: Distrust::IpLiteral };
    for (text, port) in [
        ("https://[fd00::1]:8443/x", Some(8443)),
        ("https://[fd00::1]/x", None),
        ("https://10.0.0.1:443", Some(443)),
        ("https://10.0.0.1:", None),
        ("https://u:p@10.0.0.1:0?x", Some(0)),
    ] {
        assert_eq!((url(text).port, &url(text).host), (port, &untrusted), "{text}");
    }
}

/// What follows an `@` is the host, whatever stands before it.
#[test]
fn the_host_is_not_what_it_seems() {
    for (text, host) in [
        ("https://good.example.com@evil.example.net/x", "evil.example.net"),
        ("https://a@b@evil.example.net", "evil.example.net"),
        ("https://evil.example.net/@good.example.com", "evil.example.net"),
        ("https://evil.example.net?@good.example.com", "evil.example.net"),
        ("https://evil.example.net#@good.example.com", "evil.example.net"),
    ] {
        assert_eq!(url(text).host, Host::Custom(host.to_owned()), "{text}");
    }
}

#[test]
fn no_urls() {
    for (text, why) in [
        ("", UrlError::Empty),
        ("orders.example.com/x", UrlError::NoScheme),
        ("//orders.example.com/x", UrlError::NoScheme),
        ("https:orders.example.com", UrlError::NoScheme),
        ("{% $states.input.url %}", UrlError::Character),
        ("ftp://orders.example.com", UrlError::Scheme),
        ("a:b@c://x", UrlError::NoScheme),
        ("https://", UrlError::NoHost),
        ("https:///x", UrlError::NoHost),
        ("https://user:pw@/x", UrlError::NoHost),
        ("https://:443/x", UrlError::NoHost),
        ("https://a.example.com:65536", UrlError::Port),
        ("https://a.example.com:4x", UrlError::Port),
        ("https://a.example.com:+1", UrlError::Port),
        ("https://a.example.com::443", UrlError::Port),
        ("https://a.example.com\\@b.example.com", UrlError::Character),
        ("https://a.example.com/x y", UrlError::Character),
        ("https://a.example.com/\u{0}", UrlError::Character),
        (" https://a.example.com", UrlError::Character),
    ] {
        assert_eq!(InvocationUrl::parse(text), Err(why), "{text:?}");
        assert!(!why.to_string().is_empty());
    }
    let long = format!("https://a.example.com/{}", "x".repeat(LONGEST));
    assert_eq!(InvocationUrl::parse(&long), Err(UrlError::TooLong));
}

/// Where both accept a text, the host must be the one that a real client would call.
#[test]
fn mutants_agree_with_the_url_crate() {
    let seeds = [
        "https://user:pw@a1b2c3d4e5.execute-api.us-east-1.amazonaws.com:443/prod//orders/*/?x=1#f",
        "https://vpce-0a1b-c2d3-us-east-1a.execute-api.us-east-1.vpce.amazonaws.com/prod",
        "http://[fd00::1]:8080/a%2Fb",
        "https://münchen.example.com/straße?q=é",
    ];
    let mut agreed = 0;
    for text in crate::mutate::mutants(&seeds, 6_000) {
        let Ok(ours) = InvocationUrl::parse(&text) else {
            continue;
        };
        let Ok(theirs) = url::Url::parse(&text) else {
            continue;
        };
        agreed += 1;
        assert_eq!(ours.host, Host::parse(theirs.host_str().unwrap_or_default()), "{text:?}");
        assert_eq!(ours.port.or(Some(if ours.scheme == "http" { 80 } else { 443 })), theirs.port_or_known_default());
        assert_eq!(ours.has_fragment, theirs.fragment().is_some(), "{text:?}");
        assert!(ours.has_user_info || theirs.username().is_empty() && theirs.password().is_none(), "{text:?}");
    }
    assert!(agreed > 300, "only {agreed}");
}
