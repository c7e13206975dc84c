use super::*;

/// Writes tags out as `{"NAME": value}`.
fn plain(name: &str, value: Node) -> Value {
    let key = Key { text: name.to_owned(), at: value.at, lost: None };
    Value::Map(vec![(key, value)])
}

fn node(text: &str) -> Node {
    read(text, plain).expect("YAML")
}

fn error(text: &str) -> String {
    read(text, plain).expect_err("an error").to_string()
}

/// As JSON, numbers as text behind `#`.
fn json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Number(digits) => format!("#{digits}").into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => entries.iter().map(|(key, node)| (key.text.clone(), json(node))).collect(),
    }
}

fn means(text: &str, expected: serde_json::Value) {
    assert_eq!(json(&node(text)), expected, "{text}");
}

#[test]
fn words_mean_what_readers_of_templates_take_them_for() {
    use serde_json::json;
    means("[yes, No, on, OFF, true, y, n, Yes please]", json!([true, false, true, false, true, "y", "n", "Yes please"]));
    means("[2012-10-17, 012345678901, 123456789012, 0, -1, '443', 443, 1.50]", {
        json!(["2012-10-17", "012345678901", "#123456789012", "#0", "#-1", "443", "#443", "#1.50"])
    });
    means("[0x1f, 0o17, 1e3, 22:30, 1_000, .5, '', ~, null, ]", json!(["0x1f", "0o17", "1e3", "22:30", "1_000", ".5", "", null, null]));
    means("[!!str 1, ! yes, !!int 3, \"no\"]", json!(["1", "yes", "#3", "no"]));
    means("on: 1\n200: a\nnull: b\nempty:\n", json!({"on": "#1", "200": "a", "null": "b", "empty": null}));
}

#[test]
fn text_over_lines_is_read_whole() {
    use serde_json::json;
    means("a: |\n  one\n   two\nb: >-\n  one\n  two\nc: one\n  two\n", json!({"a": "one\n two\n", "b": "one two", "c": "one two"}));
    means("a: 1\r\nb:\r\n  - c: |\r\n      x\r\n      y\r\n", json!({"a": "#1", "b": [{"c": "x\ny\n"}]}));
}

#[test]
fn tags_are_given_a_meaning_and_keep_their_place() {
    use serde_json::json;
    means("[!Ref A, !Sub 012, !Empty , !If [c, !Ref A, 1], !M {a: 1}]", {
        json!([{"Ref": "A"}, {"Sub": "012"}, {"Empty": ""}, {"If": ["c", {"Ref": "A"}, "#1"]}, {"M": {"a": "#1"}}])
    });
    means("a: !Sub |\n  x\n", json!({"a": {"Sub": "x\n"}}));
    let node = node("ä: !Ref A\nb: !If\n  - c\n  - [ö, !Ref B]\n");
    let mark = |line, column| Mark { line, column };
    assert_eq!(node.get("ä").map(|node| node.at), Some(mark(1, 4)));
    let list = node.get("b").and_then(|node| node.get("If")).expect("a list");
    assert_eq!((list.at, list.items()[0].at), (mark(2, 4), mark(3, 5)));
    assert_eq!(list.items()[1].items()[1].at, mark(4, 9));
    assert_eq!(node.entries()[1].0.at, mark(2, 1));
}

#[test]
fn aliases_and_merges_are_written_out() {
    use serde_json::json;
    means("a: &x {b: 1}\nc: *x\nd: [*x, &y z, *y]\n*y : e\n", {
        json!({"a": {"b": "#1"}, "c": {"b": "#1"}, "d": [{"b": "#1"}, "z", "z"], "z": "e"})
    });
    means("a: &a {x: 1, y: 2}\nb: &b {x: 3, z: 4}\nc:\n  <<: [*a, *b]\n  y: 5\n", {
        json!({"a": {"x": "#1", "y": "#2"}, "b": {"x": "#3", "z": "#4"}, "c": {"y": "#5", "x": "#1", "z": "#4"}})
    });
    assert_eq!(error("a: {<<: 1}"), "1:9: `<<` takes a map, or a list of maps");
    assert_eq!(error("a: &x [*x]"), "1:8: an alias of the value that it stands in");
}

#[test]
fn aliases_cannot_multiply_a_text_without_bound() {
    let bomb = |lines: usize| {
        let line = |n: usize| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(","));
        "a0: &a0 x\n".to_owned() + &(1..lines).map(line).collect::<String>()
    };
    assert!(read(&bomb(4), plain).is_ok());
    assert!(error(&bomb(30)).ends_with("aliases multiply the text beyond measure"), "{}", error(&bomb(30)));
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1_000_000), vec!["*a"; 1000].join(", "));
    assert!(error(&long).ends_with("aliases multiply the text beyond measure"));
    let deep = |n: usize| format!("a{n}: &a{n} {}*a{}{}\n", "[".repeat(200), n - 1, "]".repeat(200));
    assert!(error(&("a0: &a0 x\n".to_owned() + &(1..5).map(deep).collect::<String>())).ends_with("nested more than 256 deep"));
}

#[test]
fn depth_is_bounded() {
    let lists = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(read(&lists(DEPTH), plain).is_ok());
    for text in [lists(DEPTH + 1), "[".repeat(1_000_000), "- ".repeat(100_000), "{a: ".repeat(100_000), "? ".repeat(100_000)] {
        assert!(read(&text, plain).is_err());
    }
}

#[test]
fn of_a_key_that_stands_twice_the_last_counts() {
    let node = read("a: 1\nb: {c: 1, 'c': 2}\na: 3\n", plain).expect("YAML");
    assert_eq!(node.get("a").map(|node| &node.value), Some(&Value::Number("3".to_owned())));
    let mut again = Vec::new();
    node.repeated(&mut again);
    let again: Vec<_> = again.iter().map(|key| (key.text.as_str(), key.at.line, key.lost.map(|mark| mark.line))).collect();
    assert_eq!(again, [("c", 2, Some(2)), ("a", 3, Some(1))]);
}

#[test]
fn what_is_no_yaml_is_told_with_its_place() {
    for (text, expected) in [
        ("", "1:1: the text is empty"),
        ("# nothing\n", "1:1: the text is empty"),
        ("{a: 1}: b\n", "1:1: a key has to be text"),
        ("!Ref a: b\n", "1:1: a key has to be text"),
        ("a: 1\n---\nb: 1\n", "2:1: a second document begins; one is expected"),
    ] {
        assert_eq!(error(text), expected, "{text}");
    }
    for (text, place) in
        [("a: [1, 2\nb: 3\n", "2:"), ("a: 'x\n", "1:4:"), ("a:\n\t- b\n", "2:"), ("a: *b\n", "1:4:"), ("a: b: c\n", "1:5:")]
    {
        assert!(error(text).starts_with(place), "{text}: {}", error(text));
    }
}
