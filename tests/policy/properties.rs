//! Laws that hold for every policy, on a few thousand made-up ones.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>: an
//! explicit denial wins over everything, and the order of statements does not matter.

use pgwaudit::policy::Decision::{Allowed, DeniedExplicitly, NotAllowed, Undetermined};
use pgwaudit::policy::{Context, Decision, Policy, Request, Resource, Text, Truth, Value};
use serde_json::{Value as Json, json};

use crate::support::{API, INVOKE, policy};

/// A small generator of numbers, so that a failure can be repeated by its seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % sides as u64).expect("below a usize")
    }

    fn pick(&mut self, of: &[Json]) -> Json {
        of[self.below(of.len())].clone()
    }
}

fn statement(dice: &mut Dice, effect: &str) -> Json {
    let odd = dice.below(12);
    let mut statement = json!({"Effect": effect});
    statement[negated("Principal", dice)] =
        dice.pick(&[json!("*"), json!({"AWS": "*"}), json!({"AWS": "111122223333"}), json!({"Service": "events.amazonaws.com"})]);
    statement[negated("Action", dice)] = dice.pick(&[json!("*"), json!("execute-api:*"), json!(INVOKE), json!("s3:*")]);
    statement[negated("Resource", dice)] = dice.pick(&[
        json!("*"),
        json!(format!("{API}/*")),
        json!(format!("{API}/prod/*/orders*")),
        json!(format!("{API}/prod/POST/orders/1")),
        json!([format!("{API}/*/GET/*")]),
    ]);
    if dice.below(4) > 0 {
        statement["Condition"] = condition(dice);
    }
    if let Some(element) = ["Principal", "Resource", "Other"].get(odd) {
        statement[element] = json!({"Ref": "Thing"});
    }
    statement
}

fn negated(element: &str, dice: &mut Dice) -> String {
    let not = if dice.below(5) == 0 { "Not" } else { "" };
    format!("{not}{element}")
}

/// An operator with values that it can read, mostly.
fn condition(dice: &mut Dice) -> Json {
    let (operators, values) = match dice.below(6) {
        0 => (vec!["Null"], vec![json!("true"), json!(false)]),
        1 => (vec!["IpAddress", "NotIpAddress"], vec![json!("10.0.0.0/8"), json!("10.0.1.0/25"), json!("10.1.0.0/16")]),
        2 => (vec!["Matches", "NumericEquals"], vec![json!("1"), json!([])]),
        _ => (
            vec![
                "StringEquals",
                "StringNotEquals",
                "StringLike",
                "StringNotLikeIfExists",
                "ForAllValues:StringEquals",
                "ForAnyValue:StringNotLike",
            ],
            vec![json!("vpce-1"), json!(["vpce-1", "vpce-2"]), json!("vpce-*"), json!("*")],
        ),
    };
    let keys = ["aws:SourceVpce", "aws:PrincipalOrgID", "aws:VpcSourceIp", "aws:TagKeys", "aws:Unheard"];
    let operator = operators[dice.below(operators.len())];
    json!({operator: {keys[dice.below(keys.len())]: dice.pick(&values)}})
}

fn requests() -> Vec<Request> {
    let context = || {
        Context::anonymous()
            .with("aws:SourceVpce", Value::text("vpce-1"))
            .with("aws:TagKeys", Value::texts(["vpce-1", "b"]))
            .with("aws:VpcSourceIp", Value::within(["10.0.1.0/24".parse().expect("a range")]))
    };
    let orders = Resource::arn(&format!("{API}/prod/POST/orders/1"));
    let some = Resource::Arn(Text::from(API).then("/prod/POST/orders/").segment());
    vec![
        Request::anonymous(INVOKE, orders.clone(), context()),
        Request::anonymous(INVOKE, some.clone(), context()),
        Request::anonymous(INVOKE, some, context().with("aws:SourceVpce", Value::maybe("vpce-2"))),
        Request::stranger(INVOKE, orders),
    ]
}

fn statements(dice: &mut Dice) -> Vec<Json> {
    (0..dice.below(4))
        .map(|_| {
            let effect = ["Allow", "Deny"][dice.below(2)];
            statement(dice, effect)
        })
        .collect()
}

fn judge(statements: &[Json], request: &Request) -> (Decision, Truth, Truth) {
    let policy = policy(json!(statements));
    let evaluation = policy.evaluate(request);
    (evaluation.decision(), evaluation.allow(), evaluation.deny())
}

#[test]
fn more_statements_of_one_effect_only_push_its_way() {
    let mut dice = Dice(1);
    let mut seen = [0; 4];
    for round in 0..600 {
        let before = statements(&mut dice);
        for request in requests() {
            let (decision, allow, deny) = judge(&before, &request);
            seen[decision as usize] += 1;
            let mut more = before.clone();
            more.insert(dice.below(before.len() + 1), statement(&mut dice, "Deny"));
            let (denied, allow_after, deny_after) = judge(&more, &request);
            assert_eq!(allow_after, allow, "round {round}");
            assert!(deny_after >= deny, "round {round}");
            assert!(denied != Allowed || decision == Allowed, "round {round}");
            assert!(denied == DeniedExplicitly || decision != DeniedExplicitly, "round {round}");

            let mut more = before.clone();
            more.insert(dice.below(before.len() + 1), statement(&mut dice, "Allow"));
            let (allowed, allow_after, deny_after) = judge(&more, &request);
            assert_eq!(deny_after, deny, "round {round}");
            assert!(allow_after >= allow, "round {round}");
            assert!(allowed != NotAllowed || decision == NotAllowed, "round {round}");
            assert_eq!(allowed == DeniedExplicitly, decision == DeniedExplicitly, "round {round}");
        }
    }
    // The made-up policies reach every decision often enough to mean something.
    assert!(seen.iter().all(|count| *count > 50), "{seen:?}");
}

#[test]
fn the_order_of_statements_does_not_matter() {
    let mut dice = Dice(2);
    for round in 0..300 {
        let forward = statements(&mut dice);
        let backward: Vec<_> = forward.iter().rev().cloned().collect();
        for request in requests() {
            assert_eq!(judge(&forward, &request), judge(&backward, &request), "round {round}");
        }
    }
}

/// Learning more about a request settles open questions and never overturns an answer.
#[test]
fn knowing_more_never_overturns_an_answer() {
    let mut dice = Dice(3);
    let (mut settled, mut kept) = (0, 0);
    let knowing = |endpoint: Value, other: Value, id: Option<&str>| {
        let context = Context::anonymous().with("aws:SourceVpce", endpoint).with("aws:Unheard", other).with("aws:TagKeys", Value::Absent);
        let orders = Text::from(API).then("/prod/POST/orders/");
        let resource = id.map_or_else(|| orders.clone().segment(), |id| orders.clone().then(id));
        Request::anonymous(INVOKE, Resource::Arn(resource), context)
    };
    let vague = knowing(Value::one_of(["vpce-1", "vpce-2"]), Value::Unknown, None);
    let mut exact = Vec::new();
    for endpoint in ["vpce-1", "vpce-2"] {
        for other in [Value::Absent, Value::text("vpce-1"), Value::text("10.0.1.7"), Value::other("")] {
            for id in ["1", "2"] {
                exact.push(knowing(Value::text(endpoint), other.clone(), Some(id)));
            }
        }
    }
    for round in 0..500 {
        let policy: Policy = policy(json!(statements(&mut dice)));
        let before = policy.evaluate(&vague).decision();
        for request in &exact {
            let after = policy.evaluate(request).decision();
            if before == Undetermined {
                settled += usize::from(after != Undetermined);
            } else {
                assert_eq!(after, before, "round {round}");
                kept += 1;
            }
        }
    }
    assert!(settled > 300 && kept > 1000, "{settled} settled, {kept} kept");
}
