//! One condition: an operator, a key and the policy's values.
//!
//! Operators: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>.
//! Several values: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>.
//! Sets of values: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>

use super::context::{Context, Value};
use super::operand::{Family, Operands};
use super::operator::{Operator, Quantifier};
use super::text::Text;
use super::truth::Truth;

/// One condition of a statement.
#[derive(Clone, Debug)]
pub struct Condition {
    operator: String,
    key: String,
    /// The key in lower case, as contexts have it.
    lookup: String,
    values: Vec<String>,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Compare(Comparison),
    /// `Null`: whether `true` and whether `false` is among the values.
    Null {
        absent: bool,
        present: bool,
    },
    /// Not modelled, with why.
    Opaque(String),
}

#[derive(Clone, Debug)]
struct Comparison {
    operator: Operator,
    operands: Operands,
}

impl Condition {
    /// Compiles a condition. `values` is `Err` with the reason where the policy's values are not
    /// plain ones; `variables`: whether the policy's version has policy variables.
    pub(super) fn compile(operator: &str, key: &str, values: Result<Vec<String>, String>, variables: bool) -> Self {
        let (values, test) = match values {
            Ok(values) if is_key(key) => {
                let test = test(operator, &values, variables).unwrap_or_else(Test::Opaque);
                (values, test)
            }
            Ok(_) => (Vec::new(), Test::Opaque(format!("{key} is no condition key"))),
            Err(why) => (Vec::new(), Test::Opaque(why)),
        };
        Self { operator: operator.to_owned(), key: key.to_owned(), lookup: key.to_lowercase(), values, test }
    }

    /// The operator as written, with prefix and suffix: `ForAnyValue:StringLikeIfExists`.
    #[must_use]
    pub fn operator(&self) -> &str {
        &self.operator
    }

    /// The key as written.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether this is about `key`, in whatever case.
    #[must_use]
    pub fn is_about(&self, key: &str) -> bool {
        self.key.eq_ignore_ascii_case(key)
    }

    /// Whether it may be about any key: no key stands in the key's place, but a template's unresolved reference.
    #[must_use]
    pub fn is_about_any(&self) -> bool {
        !is_key(&self.key)
    }

    /// The policy's values, as text.
    #[must_use]
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// Whether the operator says what the value must not be (`StringNotEquals` …).
    #[must_use]
    pub fn negated(&self) -> bool {
        matches!(&self.test, Test::Compare(comparison) if comparison.operator.negated)
    }

    /// Whether a request without the key fulfils it.
    #[must_use]
    pub fn holds_when_absent(&self) -> Truth {
        match &self.test {
            Test::Compare(comparison) => comparison.of_absent(),
            Test::Null { absent, .. } => (*absent).into(),
            Test::Opaque(_) => Truth::Unknown,
        }
    }

    /// Why the condition is not modelled, if it is not.
    #[must_use]
    pub fn not_modelled(&self) -> Option<&str> {
        match &self.test {
            Test::Opaque(why) => Some(why),
            Test::Compare(_) | Test::Null { .. } => None,
        }
    }

    /// What `context` knows about the key.
    pub(super) fn found<'c>(&self, context: &'c Context) -> &'c Value {
        context.get(&self.lookup)
    }

    /// Whether the request fulfils the condition.
    pub(super) fn holds(&self, context: &Context) -> Truth {
        let found = self.found(context);
        match &self.test {
            Test::Compare(comparison) => comparison.holds(found, context),
            Test::Null { absent, present } => match is_absent(found) {
                Truth::Yes => (*absent).into(),
                Truth::No => (*present).into(),
                Truth::Unknown => Truth::from(*absent).either((*present).into()),
            },
            Test::Opaque(_) => Truth::Unknown,
        }
    }

    /// Whether the values are texts or ARNs.
    pub(super) fn compares_texts(&self) -> bool {
        matches!(&self.test, Test::Compare(comparison) if matches!(comparison.operator.family, Family::Pattern(_)))
    }

    /// The values, if the key must match one of them, wildcards included.
    pub(super) fn must_match(&self) -> Option<&[String]> {
        match &self.test {
            Test::Compare(comparison) if !comparison.operator.negated && comparison.of_absent() == Truth::No => Some(&self.values),
            _ => None,
        }
    }
}

/// Whether a text is a condition key: all of them have a prefix, `aws:SourceVpce`.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
fn is_key(text: &str) -> bool {
    text.contains(':') && !text.starts_with("Fn::")
}

/// Whether the key is missing. A key without values counts as missing, and one with an empty text perhaps: `Null` asks for a
/// value that "is not null", and an empty text is the guide's example of one that is.
fn is_absent(found: &Value) -> Truth {
    match found {
        Value::Absent => Truth::Yes,
        Value::Present(texts) if texts.is_empty() => Truth::Yes,
        Value::Present(texts) if is_null(texts) => Truth::Unknown,
        Value::Present(_) | Value::Within(_) => Truth::No,
        Value::OneOf { values, or_absent: false } if !values.iter().any(is_blank) && !values.is_empty() => Truth::No,
        Value::Unknown | Value::OneOf { .. } => Truth::Unknown,
    }
}

fn test(operator: &str, values: &[String], variables: bool) -> Result<Test, String> {
    if values.is_empty() {
        return Err(format!("{operator} has no values"));
    }
    if operator == "Null" {
        return null(values);
    }
    let read = Operator::read(operator).ok_or_else(|| format!("{operator} is no condition operator"))?;
    let operands = Operands::compile(read.family, values, variables).map_err(|value| format!("{operator} cannot read {value:?}"))?;
    Ok(Test::Compare(Comparison { operator: read, operands }))
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Null>
fn null(values: &[String]) -> Result<Test, String> {
    let (mut absent, mut present) = (false, false);
    for value in values {
        match value.to_ascii_lowercase().as_str() {
            "true" => absent = true,
            "false" => present = true,
            _ => return Err(format!("Null cannot read {value:?}")),
        }
    }
    Ok(Test::Null { absent, present })
}

impl Comparison {
    fn holds(&self, found: &Value, context: &Context) -> Truth {
        match found {
            Value::Absent => self.of_absent(),
            Value::Unknown => self.of_absent().either(self.of_one(&Text::unknown(), context)),
            Value::Present(texts) => self.of_all(texts, context),
            Value::OneOf { values, or_absent } => {
                let absent = or_absent.then(|| self.of_absent());
                values
                    .iter()
                    .map(|text| self.of_all(std::slice::from_ref(text), context))
                    .chain(absent)
                    .reduce(Truth::either)
                    .unwrap_or(Truth::Unknown)
            }
            Value::Within(ranges) => self.turned(self.operands.any_matches_address(ranges, context)),
        }
    }

    /// A key that the request lacks. `ForAnyValue` with `IfExists` is unknown: the guide says of
    /// the first that it is false then, and of the second that it is true.
    fn of_absent(&self) -> Truth {
        match (self.operator.quantifier, self.operator.if_exists) {
            (Some(Quantifier::Any), true) => Truth::Unknown,
            (Some(Quantifier::Any), false) => Truth::No,
            (Some(Quantifier::All), _) | (None, true) => Truth::Yes,
            (None, false) => self.operator.negated.into(),
        }
    }

    fn of_one(&self, text: &Text, context: &Context) -> Truth {
        self.turned(self.operands.any_matches(text, context))
    }

    fn of_all(&self, texts: &[Text], context: &Context) -> Truth {
        let each = || texts.iter().map(|text| self.of_one(text, context));
        match (texts, self.operator.quantifier) {
            ([], _) => self.of_absent(),
            (_, Some(Quantifier::All)) if is_null(texts) => Truth::Yes,
            // "For … a null dataset, the condition returns false", even where the policy asks for an empty text.
            (_, Some(Quantifier::Any)) if is_null(texts) => Truth::any(each()).and(Truth::Unknown),
            ([_], None) | (_, Some(Quantifier::Any)) => Truth::any(each()),
            (_, Some(Quantifier::All)) => Truth::all(each()),
            // Several values need a quantifier; without one only what both would say is sure.
            (_, None) => Truth::any(each()).either(Truth::all(each())),
        }
    }

    fn turned(&self, matches: Truth) -> Truth {
        if self.operator.negated { !matches } else { matches }
    }
}

/// Empty texts only: for set operators the same as no values.
fn is_null(texts: &[Text]) -> bool {
    texts.iter().all(is_blank)
}

fn is_blank(text: &Text) -> bool {
    text.known() == Some("")
}
