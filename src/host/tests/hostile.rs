//! Text that nobody wrote in good faith: no panic, no run without end, and nothing of it names an API.

use super::super::{Choice, InvocationUrl, Match, PathTemplate, Segment, UrlError, best_match};
use super::*;

const LONG: usize = 64 * 1024;

/// A text of at least 64 KiB.
fn long(part: &str) -> String {
    part.repeat(LONG / part.len() + 1)
}

#[test]
fn names_of_64_kib_are_no_names() {
    for part in [
        "a", "a.", ".", "-", "*", "*.", "%", "%2e", "%00", "[", ":", "::", "0.", "xn--", "xn--a.", "ü", "ü.", "\u{202e}", "💥", "\0", "@",
        "\\",
    ] {
        let text = long(part);
        for text in [
            &text,
            &format!("{text}.execute-api.eu-west-1.amazonaws.com"),
            &format!("vpce-{text}.execute-api.eu-west-1.vpce.amazonaws.com"),
        ] {
            let host = Host::parse(text);
            assert!(matches!(host, Host::Untrusted { .. }), "{part}: {host:?}");
        }
        for text in [format!("https://{text}/prod"), format!("https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/{text}"), text] {
            assert!(InvocationUrl::parse(&text).is_err(), "{part}");
        }
    }
}

#[test]
fn junk_in_a_host_names_no_api() {
    for text in [
        "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com%",
        "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com%zz",
        "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com%00",
        "a1b2c3d4e5%00.execute-api.eu-west-1.amazonaws.com",
        "a1b2c3d4e5%2f.execute-api.eu-west-1.amazonaws.com",
        "%ff%fe.execute-api.eu-west-1.amazonaws.com",
        "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com..",
        "*.*.execute-api.eu-west-1.amazonaws.com",
        "*-vpce-*.execute-api.eu-west-1.amazonaws.com",
        "a1b2c3d4e5-vpce-.execute-api.eu-west-1.amazonaws.com",
        "a1b2c3d4e5.execute-api.*.amazonaws.com",
        "a1b2c3d4e5.execute-api.-.amazonaws.com",
        "a1b2c3d4e5.execute-api..amazonaws.com",
        ".execute-api.eu-west-1.amazonaws.com",
        "vpce-*-*.execute-api.eu-west-1.vpce.amazonaws.com",
        "vpce--.execute-api.eu-west-1.vpce.amazonaws.com",
        "vpce-0a1b2c3d4e5f67890-ab12cd34-.execute-api.eu-west-1.vpce.amazonaws.com",
        "a1b2c3d4é5.execute-api.eu-west-1.amazonaws.com",
        "a1b2\u{200b}c3d4e5.execute-api.eu-west-1\u{2e2e}amazonaws.com",
        "{api}.execute-api.eu-west-1.amazonaws.com",
        "${Token[TOKEN.1]}.execute-api.eu-west-1.amazonaws.com",
    ] {
        let host = Host::parse(text);
        assert!(!matches!(host, Host::Api { .. } | Host::ApiAtEndpoint { .. } | Host::Endpoint { .. }), "{text}: {host:?}");
    }
}

#[test]
fn percent_encoding_that_means_nothing_matches_nothing() {
    let template = PathTemplate::parse("/orders/{id}").expect("a template");
    for (path, expected) in [
        ("/orders/%", Match::Yes),
        ("/%6frders/1", Match::Yes),
        ("/%6/1", Match::No),
        ("/%zzorders/1", Match::No),
        ("/%ff%fe/1", Match::No),
        ("/orders%00/1", Match::No),
        ("/%25%36%66rders/1", Match::No),
        ("/orders%2f1", Match::No),
        ("/*/*", Match::Maybe),
        ("/**************/1", Match::No),
        ("/*orders/1", Match::No),
    ] {
        assert_eq!(template.matches(&Segment::split(path)), expected, "{path}");
    }
}

#[test]
fn stars_everywhere_are_matched_without_going_back() {
    // A matcher that goes back over what it tried takes longer than the universe has for this.
    let many = format!("/{}", "*a".repeat(4_000));
    let (almost, exact) = (format!("/{}b", "aa".repeat(30_000)), format!("/{}", "ba".repeat(30_000)));
    let matched = |text: &str| PathTemplate::parse(text).expect("a template").matches(&Segment::split(&many));
    assert_eq!((matched(&almost), matched(&exact)), (Match::No, Match::Maybe));
}

#[test]
fn thousands_of_resources_and_segments_are_each_looked_at_once() {
    let paths: Vec<PathTemplate> = (0..10_000).map(|n| PathTemplate::parse(&format!("/v{n}/{{proxy+}}")).expect("a template")).collect();
    let request = Segment::split(&format!("/v9999{}", "/%61".repeat(LONG / 4)));
    assert_eq!(best_match(&paths, &request), Choice::One(9_999));
    let deep = PathTemplate::parse(&"/{a}".repeat(LONG)).expect("a template");
    assert_eq!(deep.matches(&Segment::split(&"/x".repeat(LONG))), Match::Yes);
    let values: Vec<Option<&str>> = vec![Some("x"); 10_000];
    let url =
        InvocationUrl::parse(&format!("https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com{}", "/*".repeat(4_000))).expect("a URL");
    assert!(url.filled(&values).iter().all(|segment| *segment == Segment::Literal("x".to_owned())));
}

#[test]
fn broken_urls_say_what_is_wrong() {
    for (text, error) in [
        ("", UrlError::Empty),
        ("https://", UrlError::NoHost),
        ("https://@/", UrlError::NoHost),
        ("https://:443/", UrlError::NoHost),
        ("https://example.com:65536/", UrlError::Port),
        ("https://example.com:-1/", UrlError::Port),
        ("https://example.com:443:443/", UrlError::Port),
        ("https://example.com:４４３/", UrlError::Port),
        ("https://example.com:*/", UrlError::Port),
        ("https:\\\\example.com", UrlError::Character),
        ("https://example.com/\u{0}", UrlError::Character),
        ("https://example.com/\u{2028}", UrlError::Character),
        ("*://example.com", UrlError::NoScheme),
        ("%68ttps://example.com", UrlError::NoScheme),
    ] {
        assert_eq!(InvocationUrl::parse(text), Err(error), "{text:?}");
    }
}
