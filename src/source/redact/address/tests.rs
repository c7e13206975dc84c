//! URLs with secrets in all their parts.

use super::super::labels_in;
use super::super::tests::{assert_hidden, canaries, masker};
use crate::host::{Host, InvocationUrl};

/// The masked URL with `#` for the tag of every marker.
fn shown(text: &str) -> String {
    let masked = masker().url("InvocationEndpoint", text);
    let mut shown = masked.clone();
    for (at, _) in masked.match_indices("masked-").collect::<Vec<_>>().into_iter().rev() {
        let tag = masked[at..].find(|c: char| !c.is_ascii_alphanumeric() && c != '-').map_or(masked.len(), |end| at + end);
        shown.replace_range(tag - 4..tag, "#");
    }
    shown
}

#[test]
fn what_stays_and_what_does_not() {
    for (text, expected) in [
        (
            "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod//orders/*",
            "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod//orders/*",
        ),
        ("HTTPS://Orders.example.com:443/A%20b/", "HTTPS://Orders.example.com:443/A%20b/"),
        ("https://h.example.com/p?token=abc", "https://h.example.com/p?token=masked-named-#"),
        ("https://h.example.com/p?a=b&a=c&d", "https://h.example.com/p?a=masked-plain-#&a=masked-plain-#&d"),
        ("https://h.example.com/p?a=&b=*&grant_type=client_credentials", "https://h.example.com/p?a=&b=*&grant_type=client_credentials"),
        ("https://h.example.com/p?code=US", "https://h.example.com/p?code=masked-plain-#"),
        ("https://h.example.com/p?code=abcdefghijklmnopqrstuvwxyz", "https://h.example.com/p?code=masked-named-#"),
        ("https://h.example.com/p?client%5Fsecret=a%26b", "https://h.example.com/p?client%5Fsecret=masked-named-#"),
        ("https://h.example.com/p?a=$.detail.x&b=<c>", "https://h.example.com/p?a=$.detail.x&b=<c>"),
        ("https://h.example.com/p?", "https://h.example.com/p?"),
        ("https://h.example.com?sig=abc", "https://h.example.com?sig=masked-named-#"),
        ("https://h.example.com/p#frag", "https://h.example.com/p#masked-plain-#"),
        ("https://user:pw@h.example.com/p", "https://masked-known-token-#@h.example.com/p"),
        ("https://user@h.example.com/p", "https://masked-plain-#@h.example.com/p"),
        ("https://a:b@c@h.example.com:8443/p", "https://masked-known-token-#@h.example.com:8443/p"),
        ("https://h.example.com/services/a@b", "https://h.example.com/services/a@b"),
        ("https://h.example.com/p;token=abc/q", "https://h.example.com/masked-named-#/q"),
        ("https://[fd00::1]:8443/p?x=y", "https://[fd00::1]:8443/p?x=masked-plain-#"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn expressions_stay_expressions() {
    for (text, expected) in [
        ("$.detail.url", "$.detail.url"),
        ("{% $states.input.url %}", "{% $states.input.url %}"),
        ("{% 'https://h.example.com/' & $x %}", "{% 'https://h.example.com/' & $x %}"),
        ("{%'https://h.example.com/a/'&$states.input.id&\"/b\"%}", "{% 'https://h.example.com/a/' & $states.input.id & '/b' %}"),
        ("{% 'https://u:hunter2@h.example.com/' & $x %}", "{% 'https://masked-known-token-#@h.example.com/' & $x %}"),
        ("{% 'https://h.example.com/' & $f('hunter2') %}", "{% 'https://h.example.com/' & $unread %}"),
        (
            "{% 'https://h.example.com/' & $x & '?token=hunter2' & $y & '&k=' & $z %}",
            "{% 'https://h.example.com/' & $unread & '?token=masked-named-#&k=' & $unread %}",
        ),
        ("{% 'https://h.example.com/{}/' & $x %}", "{% 'https://h.example.com/' & $unread & '/' & $unread %}"),
        ("{% 'https://' & $host & '/p' %}", "{% 'https://' & $host & '/p' %}"),
        ("{% $base & '/hunter2' %}", "{% 'masked-plain-#' %}"),
        ("{% 'https://h.example.com/' & $x = 'hunter2' %}", "{% 'masked-plain-#' %}"),
        ("States.Format('https://h.example.com/{}', $.x)", "States.Format('https://h.example.com/{}', $.x)"),
        (
            "States.Format('https://h.example.com/a/{}/b?t={}&k=v', $.x,$$.Execution.Id)",
            "States.Format('https://h.example.com/a/{}/b?t={}&k=masked-plain-#', $.x,$$.Execution.Id)",
        ),
        (
            "States.Format('https://u:hunter2@h.example.com/{}?token=a{}', $.x, 'hunter2')",
            "States.Format('https://masked-known-token-#@h.example.com/{}?token=masked-named-#', 'masked-plain-#')",
        ),
        ("States.Format('https://h.example.com/')", "States.Format('https://h.example.com/')"),
        ("States.Format('hunter2/{}', $.x)", "States.Format('masked-plain-#')"),
        ("States.Format('https://h.example.com/\\'hunter2\\'', $.x)", "States.Format('masked-plain-#')"),
        ("States.Format('https://h.example.com/{}' 'hunter2', $.x)", "States.Format('masked-plain-#')"),
        ("States.Format($.template, $.x)", "States.Format($.template, $.x)"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn credentials_in_the_path() {
    let token = ["gh", "p_16C7e42F292c6912E7710c838347Ae178B4a"].concat();
    assert_eq!(
        shown(&format!("https://h.example.com/a/{token}/b?{token}")),
        "https://h.example.com/a/masked-known-token-#/b?masked-known-token-#"
    );
    let hook = ["https://hooks.slack", ".com/services/T0000AAAA/B0000BBBB/abcdefghijklmnop"].concat();
    assert_eq!(
        shown(&hook),
        ["https://hooks.slack", ".com/services/masked-known-token-#/masked-known-token-#/masked-known-token-#"].concat()
    );
}

#[test]
fn what_clients_could_read_in_two_ways_is_hidden_whole() {
    for text in [
        "hunter2@h.example.com/p",
        "h.example.com/p?token=hunter2",
        "https:hunter2@h.example.com",
        "https:///hunter2@h.example.com",
        "https://h.example.com\\@hunter2.example.com/",
        "https://user:hun/ter2@h.example.com/",
        "https://user:hunter2#@h.example.com/",
        "https://h.example.com:hunter2/",
        "https://h.exa mple.com/hunter2",
        "https://h.example.com/hun\tter2",
        "hunter2",
        "mailto:hunter2@example.com",
    ] {
        let masked = masker().url("InvocationEndpoint", text);
        assert!(masked.starts_with("masked-") && masked.len() < 30, "{text} gave {masked}");
    }
}

#[test]
fn no_value_survives_in_any_url() {
    for canary in canaries().into_iter().filter(|canary| !canary.contains('&')) {
        let encoded: String = percent_encoding::utf8_percent_encode(&canary, percent_encoding::NON_ALPHANUMERIC).collect();
        for text in [
            format!("https://{encoded}@h.example.com/p"),
            format!("https://u:{encoded}@h.example.com/p"),
            format!("https://u:{canary}@h.example.com/p"),
            format!("https://h.example.com/p?x={encoded}&authorization={encoded}"),
            format!("https://h.example.com/p?x={canary}"),
            format!("https://h.example.com/p#{encoded}"),
            format!("States.Format('https://u:{encoded}@h.example.com/{{}}?x={encoded}', $.x, '{encoded}')"),
            format!("States.Format('https://h.example.com/{{}}', '{canary}', $.x)"),
            format!("{{% 'https://u:{encoded}@h.example.com/' & $x & '?x={encoded}' & $f('{canary}') %}}"),
        ] {
            if canary.contains("States.Format") && text.starts_with("States.Format") {
                continue;
            }
            let masked = masker().url("InvocationEndpoint", &text);
            assert_hidden(&canary, &masked);
            assert_hidden(&encoded.replace('%', ""), &masked.replace('%', ""));
        }
    }
}

#[test]
fn the_masked_url_is_read_like_the_first() {
    let seeds = [
        "https://user:hunter2hunter2@a1b2c3d4e5.execute-api.us-east-1.amazonaws.com:443/prod//orders/*/?x=hunter2hunter2&y#f",
        "https://vpce-0a1b-c2d3.execute-api.us-east-1.vpce.amazonaws.com/prod?token=hunter2hunter2",
        "http://[fd00::1]:8080/a%2Fb?a=b&c=$.d&e=<f>",
    ];
    let mut compared = 0;
    for text in crate::mutate::mutants(&seeds, 3_000) {
        let masked = masker().url("InvocationEndpoint", &text);
        let Ok(after) = InvocationUrl::parse(&masked) else {
            let other_scheme = url::Url::parse(&text).is_ok_and(|url| !matches!(url.scheme(), "http" | "https"));
            assert!(other_scheme || !masked.contains("hunter2"), "{text:?} gave {masked}");
            continue;
        };
        let before = InvocationUrl::parse(&text).expect("was a URL");
        compared += 1;
        assert_eq!((&after.host, after.port, after.has_user_info), (&before.host, before.port, before.has_user_info), "{text:?}");
        assert_eq!((after.wildcards, after.repeated_slashes), (before.wildcards, before.repeated_slashes), "{text:?}");
        assert_eq!(after.segments.len(), before.segments.len(), "{text:?}");
        assert_eq!(after.query_keys.len(), before.query_keys.len(), "{text:?}");
        let path_or_name = before.segments.iter().any(|segment| segment.raw().contains("hunter2"))
            || before.query_keys.iter().any(|key| key.contains("hunter2"))
            || !matches!(before.host, Host::Api { .. } | Host::Endpoint { .. });
        assert!(path_or_name || !masked.contains("hunter2"), "{text:?} gave {masked}");
        assert_eq!(labels_in(&masked).is_empty(), masked == text, "{text:?} gave {masked}");
    }
    assert!(compared > 700, "only {compared}");
}
