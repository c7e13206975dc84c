//! What is seen, what is kept, and that nothing else gets out.

use serde_json::json;

use super::*;

pub(super) const ARN: &str = "arn:aws:events:us-east-1:111122223333:connection/orders/aa29e6b0-1111-4222-8333-aa29e6b07161";

pub(super) fn masker() -> Masker {
    Masker::new(ARN)
}

/// For what may have been masked before.
pub(super) fn again() -> Masker {
    Masker::again(ARN)
}

/// The rows of the table: class, name, value.
pub(super) fn table() -> Vec<(String, Option<String>, String)> {
    let rows = include_str!("../../../tests/data/secrets.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [class, key, value] = cells.as_slice() else { panic!("not three cells: {line}") };
        let value = value.replace('·', "").replace("\\n", "\n");
        ((*class).to_owned(), (*key != "-").then(|| (*key).to_owned()), value)
    })
    .collect()
}

/// Panics if six characters of `secret` in a row stand in `output`.
pub(super) fn assert_hidden(secret: &str, output: &str) {
    let chars: Vec<char> = secret.chars().collect();
    for part in chars.windows(6) {
        let part: String = part.iter().collect();
        assert!(!output.contains(&part), "{part:?} of {secret:?} is in {output}");
    }
}

#[test]
fn the_table() {
    let (mut wrong, mut counts) = (Vec::new(), std::collections::BTreeMap::new());
    for (class, key, value) in table() {
        let found = classify(key.as_deref(), &value);
        if found.label().as_str() != class {
            wrong.push(format!("{class}, but {found:?}: {key:?} {value}"));
        }
        *counts.entry(class).or_insert(0) += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(counts.values().all(|count| *count >= 5) && counts.len() == 4, "{counts:?}");
}

/// Values that no rule of this module calls a secret, and the table's secrets that are one value.
pub(super) fn canaries() -> Vec<String> {
    let quiet = ["blue-giraffe-lantern", "Tuesday afternoon", "0042424242", "geheimes Wort für dich", "日本語の合言葉です"];
    let one_value = |value: &String| !value.contains("://") && !value.starts_with(['{', '$', '<']);
    let loud = table().into_iter().filter(|(class, _, _)| class != "plain").map(|(_, _, value)| value);
    quiet.into_iter().map(str::to_owned).chain(loud.filter(one_value)).collect()
}

#[test]
fn no_parameter_survives() {
    for canary in canaries() {
        for key in ["authorization", "x-tenant", "", "Authorization.$"] {
            let text = masker().parameter("HeaderParameters", key, &canary);
            assert!(matches!(text, Text::Masked { .. }), "{key}: {text:?}");
            let json = serde_json::to_string(&text).expect("serialises");
            assert_hidden(&canary, &json);
            assert_hidden(&canary, &format!("{text:?} {text:#?}"));
        }
    }
}

#[test]
fn references_and_a_few_parameters_stay() {
    for (key, value) in [
        ("authorization", "$.detail.token"),
        ("authorization", "$"),
        ("authorization", "$$.Execution.Id"),
        ("x", "$.detail['a b'][0]..c.*"),
        ("x.$", "$token.value"),
        ("x", "{% $states.input.items[0].`detail-type` %}"),
        ("x.$", "States.JsonToString($.detail)"),
        ("x.$", "States.UUID()"),
        ("authorization", "<token>"),
        ("x", "<a>-<b>"),
        ("password", "{{resolve:secretsmanager:arn:aws:secretsmanager:us-east-1:111122223333:secret:a-AbCdEf:SecretString:k}}"),
        ("Content-Type", "application/json; charset=utf-8"),
        ("accept", "*/*"),
        ("X-APIGW-API-ID", "a1b2c3d4e5"),
        ("x-apigw-api-id.$", "$.api"),
        ("scope", "orders/write orders/read"),
        ("grant_type", "client_credentials"),
    ] {
        let text = masker().parameter("HeaderParameters", key, value);
        assert_eq!(text, Text::Plain(value.to_owned()), "{key}");
        assert_eq!((text.plain(), text.class()), (Some(value), None));
    }
}

#[test]
fn what_only_looks_like_a_reference_is_masked() {
    for (key, value) in [
        ("x", "$ecret-value"),
        ("x", "$secret"),
        ("x", "$.a with words"),
        ("x", "$.a[?(@.b=='secret')]"),
        ("x", "$.a secret"),
        ("x", "$.a."),
        ("x", "${secret}"),
        ("x", "{{secret}}"),
        ("x", "{{resolve:other:secret}}"),
        ("x", "{{resolve:ssm:a}}secret"),
        ("x", "<not a name>"),
        ("x", "<>"),
        ("x", "secret <token>"),
        ("x", "{% 'secret' %}"),
        ("x", "{% $a & 'secret' %}"),
        ("x", "{% $a = 123456 %}"),
        ("x", "{% $a-123456 %}"),
        ("x", "{% /secret/ %}"),
        ("x", "{% $a /* secret */ %}"),
        ("x", "{% ['secret'] %}"),
        ("x", "{% true %}"),
        ("x.$", "States.Format('secret {}', $.a)"),
        ("x.$", "States.Array(123456)"),
        ("x.$", "States.Format('secret"),
        ("content-type", "gh\u{70}_16C7e42F292c6912E7710c838347Ae178B4a"),
        ("scope", "9dK2mQ7xLpZ4vR8sT1wY6bNc3Hf5Jg0aEuXiOqBy"),
        ("x", ""),
    ] {
        let text = masker().parameter("HeaderParameters", key, value);
        assert!(text.class().is_some(), "{value:?} gave {text:?}");
        assert_eq!(text.plain(), None);
    }
}

#[test]
fn the_forms_in_json() {
    let plain = Text::Plain("$.detail".to_owned());
    assert_eq!(serde_json::to_value(&plain).expect("serialises"), json!("$.detail"));
    for (class, word) in
        [(Label::Plain, "plain"), (Label::HighEntropy, "high-entropy"), (Label::Named, "named"), (Label::KnownToken, "known-token")]
    {
        let masked = Text::Masked { mask: Mask { class, tag: Tag(0x01af) } };
        let value = json!({"$masked": {"class": word, "tag": "01af"}});
        assert_eq!(serde_json::to_value(&masked).expect("serialises"), value);
        assert_eq!(serde_json::from_value::<Text>(value).expect("reads"), masked);
        assert_eq!(class.as_str(), word);
        assert_eq!(format!("{masked:?}"), format!("Masked {{ mask: Mask {{ class: {class:?}, tag: 01af }} }}"));
    }
    assert_eq!(serde_json::from_value::<Text>(json!("x")).expect("reads"), Text::Plain("x".to_owned()));
}

#[test]
fn unknown_forms_are_refused() {
    for value in [
        json!(null),
        json!(1),
        json!(true),
        json!([]),
        json!({}),
        json!({"$masked": "named"}),
        json!({"$masked": {"class": "named"}}),
        json!({"$masked": {"tag": "01af"}}),
        json!({"$masked": {"class": "secret", "tag": "01af"}}),
        json!({"$masked": {"class": "named", "tag": "01AF"}}),
        json!({"$masked": {"class": "named", "tag": "1af"}}),
        json!({"$masked": {"class": "named", "tag": "001af"}}),
        json!({"$masked": {"class": "named", "tag": "+1af"}}),
        json!({"$masked": {"class": "named", "tag": "01af", "length": 4}}),
        json!({"$masked": {"class": "named", "tag": "01af"}, "value": "x"}),
        json!({"$unknown": {"call": "events:DescribeConnection", "reason": "denied"}}),
    ] {
        assert!(serde_json::from_value::<Text>(value.clone()).is_err(), "{value}");
    }
}

#[test]
fn tags_tell_changes_and_places_apart() {
    let tag = |resource: &str, field: &str, key: &str, value: &str| format!("{:?}", Masker::new(resource).parameter(field, key, value));
    let base = tag(ARN, "HeaderParameters", "x-a", "value");
    assert_eq!(base, tag(ARN, "HeaderParameters", "x-a", "value"));
    assert_ne!(base, tag(ARN, "HeaderParameters", "x-a", "values"));
    assert_ne!(base, tag(ARN, "HeaderParameters", "x-b", "value"));
    assert_ne!(base, tag(ARN, "QueryStringParameters", "x-a", "value"));
    assert_ne!(base, tag("arn:aws:events:eu-west-1:111122223333:connection/a", "HeaderParameters", "x-a", "value"));
    assert_ne!(tag(ARN, "a", "bc", "d"), tag(ARN, "ab", "c", "d"));
    let known = Masker::new("r").parameter("f", "k", "v");
    assert_eq!(known, Text::Masked { mask: Mask { class: Label::Plain, tag: Tag(KNOWN_TAG) } });
}

/// SHA-256 of `r`, `f`, `k`, `v`, each after its length in eight bytes: tags must not change between releases, or
/// every value would seem to have changed.
const KNOWN_TAG: u16 = 0xf956;

#[test]
fn markers_are_found() {
    assert_eq!(
        labels_in("a masked-named-01af, masked-known-token-beef masked-high-entropy-0000masked-plain-ffff"),
        [Label::Named, Label::KnownToken, Label::HighEntropy, Label::Plain]
    );
    for text in ["", "masked-", "masked-named", "masked-named-01a", "masked-named-01AF", "masked-other-01af", "masked-named-é1af"] {
        assert_eq!(labels_in(text), [], "{text}");
    }
}

#[test]
fn what_stands_for_a_value_is_no_secret_itself() {
    for class in Label::ALL {
        for tag in (0..=u16::MAX).step_by(7) {
            let marker = format!("masked-{}-{}", class.as_str(), Tag(tag));
            assert!(classify(None, &marker) == Class::Plain && is_masked(&marker), "{marker}");
        }
    }
}

#[test]
fn what_was_masked_stays_and_nothing_beside_it_does() {
    for text in
        ["", "---", "masked-named-01af", "masked-named-01af<b>", "-masked-plain-01afmasked-known-token-beef!", "<a>masked-plain-01af"]
    {
        assert!(is_masked(text), "{text}");
        assert_eq!(again().document("Input", &json!([text, {"password": text}])), json!([text, {"password": text}]));
    }
    for text in ["masked-", "masked-named-01a", "masked-named-01afhunter2", "hunter2masked-named-01af", "masked-named-01af hunter2 <b>"] {
        assert!(!is_masked(text), "{text}");
        let masked = again().document("Input", &json!([text])).to_string();
        assert!(!masked.contains("hunter2") && masked.contains("masked"), "{masked}");
    }
    let left = json!({"$masked": {"class": "named", "tag": "01af"}});
    assert_eq!(again().document("Input", &json!({"a": left})), json!({"a": left}));
    for other in [json!({"$masked": "hunter2"}), json!({"$masked": {"class": "named", "tag": "01af"}, "b": "hunter2"})] {
        assert!(!again().document("Input", &other).to_string().contains("hunter2"), "{other}");
    }
    // Who writes a marker himself has it masked where values are read for the first time.
    assert!(masker().url("u", "https://h.example.com/p?a=masked-named-01af") != "https://h.example.com/p?a=masked-named-01af");
}

#[test]
fn total_for_mutants() {
    let rows = table();
    let mut seeds: Vec<&str> = rows.iter().map(|(_, _, value)| value.as_str()).collect();
    seeds.extend(["{\"a\": <b>, \"c\": [\"<d> e\", 1.5e3]}", "{% $a['b'] & `c` & \"d\" %}", "States.Format('{}', $.a['b'])"]);
    let (mut kept, mut masked) = (0, 0);
    for text in crate::mutate::mutants(&seeds, 3_000) {
        let body = masker().json("Input", &text);
        let _ = (masked_leaves(&body), labels_in(&text));
        assert_eq!(again().document("Input", &body), body, "{text:?}");
        let url = masker().url("InvocationEndpoint", &text);
        assert_eq!(again().url("InvocationEndpoint", &url), url, "{text:?}");
        match masker().parameter("HeaderParameters", &text, &text) {
            Text::Plain(plain) => {
                kept += 1;
                assert_eq!(plain, text);
            }
            text @ Text::Masked { .. } => {
                masked += 1;
                let json = serde_json::to_string(&text).expect("serialises");
                assert_eq!(serde_json::from_str::<Text>(&json).expect("reads"), text);
            }
        }
    }
    assert!(kept > 20 && masked > 2_000, "{kept} kept, {masked} masked");
}
