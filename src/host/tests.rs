//! Host names of every form, from the pages named beside them, and hostile ones.

use super::*;

mod hostile;

fn at(region: &str, suffix: &'static str) -> Location {
    Location { region: region.to_owned(), suffix }
}

fn api(id: &str, region: &str, suffix: &'static str) -> Host {
    Host::Api { api_id: id.to_owned(), location: at(region, suffix) }
}

fn alias(api: &str, endpoint: &str, region: &str, suffix: &'static str) -> Host {
    Host::ApiAtEndpoint { api_id: api.to_owned(), endpoint_id: endpoint.to_owned(), location: at(region, suffix) }
}

fn endpoint(id: &str, label: &str, zone: Option<&str>, region: &str, suffix: &'static str) -> Host {
    Host::Endpoint { endpoint_id: id.to_owned(), name_label: label.to_owned(), zone: zone.map(str::to_owned), location: at(region, suffix) }
}

fn other(id: &str, service: &str, region: &str) -> Host {
    Host::OtherEndpoint { service: service.to_owned(), endpoint_id: id.to_owned(), location: at(region, "amazonaws.com") }
}

fn why(text: &str) -> Option<Distrust> {
    match Host::parse(text) {
        Host::Untrusted { why } => Some(why),
        _ => None,
    }
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-api-test-invoke-url.html> shows
/// the default name, the alias and the endpoint's own names;
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html> the zonal ones.
#[test]
fn the_forms_of_the_documentation() {
    const COM: &str = "amazonaws.com";
    for (text, host) in [
        ("a1b2c3d4e5.execute-api.us-east-1.amazonaws.com", api("a1b2c3d4e5", "us-east-1", COM)),
        ("01234567ab.execute-api.us-gov-west-1.amazonaws.com", api("01234567ab", "us-gov-west-1", COM)),
        (
            "01234567ab-vpce-01234567abcdef012.execute-api.us-west-2.amazonaws.com",
            alias("01234567ab", "vpce-01234567abcdef012", "us-west-2", COM),
        ),
        (
            "vpce-01234567abcdef012-01234567.execute-api.us-east-1.vpce.amazonaws.com",
            endpoint("vpce-01234567abcdef012", "01234567", None, "us-east-1", COM),
        ),
        (
            "vpce-0123456789abcdef0-abcd1234-us-east-1a.execute-api.us-east-1.vpce.amazonaws.com",
            endpoint("vpce-0123456789abcdef0", "abcd1234", Some("us-east-1a"), "us-east-1", COM),
        ),
        (
            "vpce-01234567-zz9plzaa-us-west-2-lax-1a.execute-api.us-west-2.vpce.amazonaws.com",
            endpoint("vpce-01234567", "zz9plzaa", Some("us-west-2-lax-1a"), "us-west-2", COM),
        ),
        ("execute-api.us-east-1.amazonaws.com", Host::ServicePrivateName { wildcard: false, location: at("us-east-1", COM) }),
        ("*.execute-api.us-east-1.amazonaws.com", Host::ServicePrivateName { wildcard: true, location: at("us-east-1", COM) }),
        ("vpce-0a1b-9hnenorg.s3.us-east-1.vpce.amazonaws.com", other("vpce-0a1b", "s3", "us-east-1")),
        ("bucket.vpce-0a1b-9hnenorg.s3.us-east-1.vpce.amazonaws.com", other("vpce-0a1b", "s3", "us-east-1")),
        ("*.vpce-0a1b-9hnenorg.s3.us-east-1.vpce.amazonaws.com", other("vpce-0a1b", "s3", "us-east-1")),
        ("vpce-0a1b-9hnenorg-us-east-1c.dkr.ecr.us-east-1.vpce.amazonaws.com", other("vpce-0a1b", "dkr.ecr", "us-east-1")),
        ("vpce-0a1b-9hnenorg.vpce-svc-0a1b2c3d.eu-west-1.vpce.amazonaws.com", other("vpce-0a1b", "vpce-svc-0a1b2c3d", "eu-west-1")),
    ] {
        assert_eq!(Host::parse(text), host, "{text}");
    }
}

#[test]
fn every_partition() {
    for (region, suffix) in [
        ("cn-north-1", "amazonaws.com.cn"),
        ("cn-northwest-1", "amazonaws.com.cn"),
        ("us-gov-east-1", "amazonaws.com"),
        ("eusc-de-east-1", "amazonaws.eu"),
        ("us-iso-east-1", "c2s.ic.gov"),
        ("us-isob-east-1", "sc2s.sgov.gov"),
        ("eu-isoe-west-1", "cloud.adc-e.uk"),
        ("us-isof-south-1", "csp.hci.ic.gov"),
    ] {
        let default = Host::parse(&format!("a1b2c3d4e5.execute-api.{region}.{suffix}"));
        assert_eq!(default, api("a1b2c3d4e5", region, suffix));
        assert!(default.location().is_some_and(Location::is_consistent), "{region}");
        let name = format!("vpce-0a1b-c2d3-{region}b.execute-api.{region}.vpce.{suffix}");
        let zone = format!("{region}b");
        assert_eq!(Host::parse(&name), endpoint("vpce-0a1b", "c2d3", Some(&zone), region, suffix));
    }
    let stranger = Host::parse("a1b2c3d4e5.execute-api.cn-north-1.amazonaws.com");
    assert_eq!(stranger, api("a1b2c3d4e5", "cn-north-1", "amazonaws.com"));
    assert!(stranger.location().is_some_and(|location| !location.is_consistent()));
}

#[test]
fn case_and_a_final_dot_make_no_difference() {
    let host = api("a1b2c3d4e5", "us-east-1", "amazonaws.com");
    for text in [
        "A1B2C3D4E5.Execute-API.US-EAST-1.AmazonAWS.com",
        "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com.",
        "ａ1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
    ] {
        assert_eq!(Host::parse(text), host, "{text}");
    }
}

#[test]
fn custom_names() {
    for (text, name) in [
        ("orders.Example.com", "orders.example.com"),
        ("orders.example.com.", "orders.example.com"),
        ("münchen.example.com", "xn--mnchen-3ya.example.com"),
        ("XN--MNCHEN-3YA.example.com", "xn--mnchen-3ya.example.com"),
        ("internal.example.com", "internal.example.com"),
        ("local.dev", "local.dev"),
        ("api_v2.example.com", "api_v2.example.com"),
        ("my-nlb-0123.elb.us-east-1.amazonaws.com", "my-nlb-0123.elb.us-east-1.amazonaws.com"),
        ("execute-api.us-east-1.amazonaws.com.evil.example", "execute-api.us-east-1.amazonaws.com.evil.example"),
        ("notamazonaws.com", "notamazonaws.com"),
        ("amazonaws.com", "amazonaws.com"),
        ("a1b2c3d4e5.execute-api.us-east-1.api.aws", "a1b2c3d4e5.execute-api.us-east-1.api.aws"),
    ] {
        assert_eq!(Host::parse(text), Host::Custom(name.to_owned()), "{text}");
    }
}

#[test]
fn what_cannot_be_trusted() {
    use Distrust::*;
    for (text, expected) in [
        ("10.0.1.7", IpLiteral),
        ("10.0.1.7.", IpLiteral),
        ("167772423", IpLiteral),
        ("0x0a.0.1.7", IpLiteral),
        ("[fd00::1]", IpLiteral),
        ("fd00::1", IpLiteral),
        ("fe80::1%eth0", IpLiteral),
        ("localhost", Localhost),
        ("LOCALHOST.", Localhost),
        ("api.localhost", Localhost),
        ("intranet", PrivateSuffix("intranet")),
        ("orders", SingleLabel),
        ("ip-10-0-0-1.ec2.internal", PrivateSuffix("internal")),
        ("orders.internal", PrivateSuffix("internal")),
        ("orders.local", PrivateSuffix("local")),
        ("orders.corp", PrivateSuffix("corp")),
        ("orders.lan", PrivateSuffix("lan")),
        ("orders.home.arpa", PrivateSuffix("home.arpa")),
        ("orders.test", PrivateSuffix("test")),
        ("my-api.execute-api.us-east-1.amazonaws.com", NotAnApiName),
        ("a.b.execute-api.us-east-1.amazonaws.com", NotAnApiName),
        ("a1b2c3d4e5.execute-api.useast1.amazonaws.com", NotAnApiName),
        ("a1b2c3d4e5.execute-api.amazonaws.com", NotAnApiName),
        ("a1b2-vpce-xyz.execute-api.us-east-1.amazonaws.com", NotAnApiName),
        ("-vpce-01.execute-api.us-east-1.amazonaws.com", NotAName),
        ("vpce-0a1b.execute-api.us-east-1.vpce.amazonaws.com", NotAnApiName),
        ("vpce-0a1b-c2d3-.execute-api.us-east-1.vpce.amazonaws.com", NotAName),
        ("vpce-0a1b-c2d3-a.execute-api.us-east-1.vpce.amazonaws.com", NotAnApiName),
        ("x.vpce-0a1b-c2d3.execute-api.us-east-1.vpce.amazonaws.com", NotAnApiName),
        ("", NotAName),
        (".", NotAName),
        ("..", NotAName),
        ("a..b", NotAName),
        ("orders.example.com:443", NotAName),
        ("user@example.com", NotAName),
        ("a b.example.com", NotAName),
        ("a/b.example.com", NotAName),
        ("<api>.example.com", NotAName),
        ("${api}.example.com", NotAName),
        ("api.*.example.com", NotAName),
        ("[::1", NotAName),
    ] {
        assert_eq!(why(text), Some(expected), "{text}");
        assert!(!expected.to_string().is_empty());
    }
}

#[test]
fn lengths() {
    let label = "a".repeat(63);
    assert_eq!(Host::parse(&format!("{label}.example.com")), Host::Custom(format!("{label}.example.com")));
    assert_eq!(why(&format!("{label}a.example.com")), Some(Distrust::NotAName));
    let longest = format!("{label}.{label}.{label}.{}", "b".repeat(61));
    assert_eq!(longest.len(), 253);
    assert_eq!(Host::parse(&format!("{longest}.")), Host::Custom(longest.clone()));
    assert_eq!(why(&format!("c{longest}")), Some(Distrust::NotAName));
    assert_eq!(why(&"a.".repeat(1_000_000)), Some(Distrust::NotAName));
}

#[test]
fn total_for_mutants() {
    let seeds = [
        "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
        "a1b2c3d4e5-vpce-0123456789abcdef0.execute-api.cn-north-1.amazonaws.com.cn",
        "vpce-0123456789abcdef0-abcd1234-us-east-1a.execute-api.us-east-1.vpce.amazonaws.com",
        "bucket.vpce-0a1b-9hnenorg.s3.us-east-1.vpce.amazonaws.com",
        "münchen.example.com",
        "[fd00::1]",
    ];
    let mut forms = std::collections::BTreeSet::new();
    for text in crate::mutate::mutants(&seeds, 6_000) {
        let host = Host::parse(&text);
        forms.insert(format!("{host:?}").split([' ', '(']).next().unwrap_or_default().to_owned());
        if let Host::Custom(name) = &host {
            assert_eq!(Host::parse(name), host, "{text:?}");
        }
        let shouted = Host::parse(&text.to_ascii_uppercase());
        assert_eq!(shouted, Host::parse(&text.to_ascii_lowercase()), "{text:?}");
    }
    assert!(forms.len() >= 6, "only {forms:?}");
}
