use serde_json::json;

use super::*;

fn refused(text: &str) -> String {
    text.parse::<Reference>().expect_err("refused").to_string()
}

#[test]
fn a_reference_is_read_as_it_is_written() {
    let arn = "secretsmanager:arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders/key-AbCdEf";
    for text in ["env:ORDERS_KEY", "file:/run/secrets/key", "file:C:\\keys\\a", arn] {
        let reference: Reference = text.parse().expect("a reference");
        assert_eq!(reference.to_string(), text);
        let json = serde_json::to_string(&reference).expect("JSON");
        assert_eq!(serde_json::from_str::<Reference>(&json).expect("read"), reference);
    }
}

#[test]
fn what_is_no_reference_is_not_repeated() {
    for text in ["hunter2", "pass:hunter2", "env:", "env:hunter2!", "env:2hunter2", "file:", "secretsmanager:hunter2", "ENV:hunter2"] {
        let said = refused(text);
        assert!(!said.contains("hunter2") && said.contains("env:NAME, file:PATH or secretsmanager:ARN"), "{said}");
    }
    assert!(refused("secretsmanager:arn:aws:sqs:eu-west-1:111122223333:orders").contains("no ARN of a secret"));
    let error = serde_json::from_str::<Reference>("\"hunter2\"").expect_err("refused").to_string();
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn a_file_loses_one_end_of_line_and_says_what_is_wrong() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("key");
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).expect("written");
        Reference::File(path.display().to_string()).local().map(Option::unwrap_or_default).map_err(|error| error.to_string())
    };
    assert_eq!(read(b"hunter2"), Ok("hunter2".to_owned()));
    assert_eq!(read(b"hunter2\n"), Ok("hunter2".to_owned()));
    assert_eq!(read(b"hunter2\r\n"), Ok("hunter2".to_owned()));
    assert_eq!(read(b" hunter2 \n\n"), Ok(" hunter2 \n".to_owned()));
    let said = |bytes: &[u8], part: &str| {
        let error = read(bytes).expect_err("refused");
        assert!(error.contains(part) && error.contains("nothing was changed") && !error.contains("hunter2"), "{error}");
    };
    said(b"", "is empty");
    said(b"\n", "is empty");
    said(b"hunter2\xff", "is binary");
    said(&vec![b'x'; 70_000], "is longer than 65536 bytes");
    let gone = Reference::File(directory.path().join("gone").display().to_string());
    assert!(gone.local().expect_err("refused").to_string().contains("cannot be read"));
    assert!(Reference::File(directory.path().display().to_string()).local().is_err(), "a directory");
    let unset = Reference::Env("PGWAUDIT_TESTS_NEVER_SET_THIS".to_owned());
    assert!(unset.local().expect_err("refused").to_string().contains("is not set"));
}

fn basic() -> Call {
    let auth = json!({"BasicAuthParameters": {"Username": "$secret-username", "Password": "$secret-password"}});
    let call = Call::new("events", "CreateConnection", json!({"Name": "orders", "AuthParameters": auth}));
    Call { secret: Some(Reference::Env("KEY".to_owned())), ..call }
}

#[test]
fn values_take_the_place_of_their_placeholders_and_are_recognised() {
    let mut values = Values::default();
    values.0.insert(Reference::Env("KEY".to_owned()), json!({"username": "orders", "password": "hunter2", "more": 1}).to_string());
    let call = basic();
    let put = values.put(&call).expect("filled");
    assert_eq!(put["AuthParameters"]["BasicAuthParameters"], json!({"Username": "orders", "Password": "hunter2"}));
    assert_eq!(put["Name"], "orders");
    assert!(values.shows(&call, "Value 'hunter2' failed") && !values.shows(&call, "AccessDenied"));
    assert!(Values::default().put(&call).expect_err("unknown").contains("env:KEY"));
}

#[test]
fn an_api_key_is_plain_text_or_a_field() {
    assert_eq!(field("hunter2", API_KEY).as_deref(), Some("hunter2"));
    assert_eq!(field("12345", API_KEY).as_deref(), Some("12345"));
    assert_eq!(field(r#"{"api_key_name":"x-api-key","api_key_value":"hunter2"}"#, API_KEY).as_deref(), Some("hunter2"));
    assert_eq!(field(r#"{"key":"hunter2"}"#, API_KEY), None);
    assert_eq!(field("hunter2", "password"), None);
}

#[test]
fn what_cannot_be_sent_is_told_before_anything_is_changed() {
    let reference = Reference::Env("KEY".to_owned());
    let said = |name: &str, value: Option<&str>| check(&reference, name, value).expect_err("refused").to_string();
    assert!(said("password", None).contains("`password`"));
    assert!(said("password", Some("")).contains("empty"));
    assert!(said(API_KEY, Some("hunter2\n")).contains("control character"));
    assert!(said(API_KEY, Some(&"x".repeat(513))).contains("512"));
    assert!(said("authorization_endpoint", Some("http://hunter2")).contains("https"));
    assert!(said("http_method", Some("DELETE")).contains("GET"));
    assert!(check(&reference, API_KEY, Some("kä y")).is_ok());
}
