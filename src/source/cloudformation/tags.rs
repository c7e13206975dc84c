//! The short forms of YAML, such as `!Ref A`, in the long form that JSON has as well.

use crate::source::document::{Key, Node, Value};

/// The long form of the function `name` called with `value`. A name that CloudFormation does not know is written
/// out like any other, so that the resolver meets it.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>
pub fn long_form(name: &str, value: Node) -> Value {
    let at = value.at;
    let value = match name {
        "GetAtt" => Node { value: attribute(value.value, at), at },
        _ => value,
    };
    let name = if matches!(name, "Ref" | "Condition") || name.starts_with("Fn::") { name.to_owned() } else { format!("Fn::{name}") };
    Value::Map(vec![(Key { text: name, at, lost: None }, value)])
}

/// `A.B.C` is the attribute `B.C` of `A`.
fn attribute(value: Value, at: crate::source::document::Mark) -> Value {
    match value {
        Value::Text(text) => match text.split_once('.') {
            Some((resource, name)) => {
                let text = |text: &str| Node { value: Value::Text(text.to_owned()), at };
                Value::List(vec![text(resource), text(name)])
            }
            None => Value::Text(text),
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::document::{json, yaml};

    /// Without places, which differ.
    fn bare(node: &Node) -> String {
        match &node.value {
            Value::List(items) => format!("{:?}", items.iter().map(bare).collect::<Vec<_>>()),
            Value::Map(entries) => format!("{:?}", entries.iter().map(|(key, node)| (&key.text, bare(node))).collect::<Vec<_>>()),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn short_and_long_forms_are_the_same() {
        for (short, long) in [
            ("!Ref AWS::Region", r#"{"Ref": "AWS::Region"}"#),
            ("!GetAtt A.Arn", r#"{"Fn::GetAtt": ["A", "Arn"]}"#),
            ("!GetAtt A.Outputs.B", r#"{"Fn::GetAtt": ["A", "Outputs.B"]}"#),
            ("!GetAtt [A, !Ref B]", r#"{"Fn::GetAtt": ["A", {"Ref": "B"}]}"#),
            ("!GetAtt A", r#"{"Fn::GetAtt": "A"}"#),
            ("!Condition C", r#"{"Condition": "C"}"#),
            ("!GetAZs ''", r#"{"Fn::GetAZs": ""}"#),
            ("!Sub ['${x}', {x: !Ref B}]", r#"{"Fn::Sub": ["${x}", {"x": {"Ref": "B"}}]}"#),
            ("!Select [1, !Split [':', !Select [0, !GetAtt V.DnsEntries]]]", {
                r#"{"Fn::Select": [1, {"Fn::Split": [":", {"Fn::Select": [0, {"Fn::GetAtt": ["V", "DnsEntries"]}]}]}]}"#
            }),
            ("!Made Up", r#"{"Fn::Made": "Up"}"#),
        ] {
            let (short, long) = (yaml::read(short, long_form).expect(short), json::read(long).expect(long));
            assert_eq!(bare(&short), bare(&long));
        }
    }
}
