//! What an estate lets through: the network and the policies, asked the same questions before a change and after it. What
//! got through before has to get through afterwards.

use std::collections::{BTreeMap, BTreeSet};

use pgwaudit::estate::Estate;
use pgwaudit::model::{Kind, Snapshot};
use pgwaudit::network::{Outcome, Path, Range};
use pgwaudit::policy::{Boundary, Context, Decision, Policy, Principal, Request, Resource, ShortForm, Value as Known, evaluate_identity};
use serde_json::Value;

/// How far something gets, so that less than before is a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Gets {
    Nowhere,
    Partly,
    Perhaps,
    Through,
}

type Answers = BTreeMap<String, Gets>;

/// Every question whose answer is worse in the second snapshot than in the first.
pub fn lost(before: &Snapshot, after: &Snapshot) -> Vec<String> {
    let values = [before, after].map(|snapshot| serde_json::to_value(snapshot).expect("JSON"));
    let mut words = Words::of(&values);
    [before, after].into_iter().for_each(|snapshot| words.calls(snapshot));
    let [old, new] = [(before, &values[0]), (after, &values[1])].map(|(snapshot, value)| answers(snapshot, value, &words));
    let worse = old.iter().filter_map(|(question, old)| {
        let new = new.get(question).copied().unwrap_or(Gets::Nowhere);
        (new < *old).then(|| format!("{question}: {old:?}, then {new:?}"))
    });
    worse.collect()
}

fn answers(snapshot: &Snapshot, value: &Value, words: &Words) -> Answers {
    let mut all = Answers::new();
    network(snapshot, words, &mut all);
    let accounts = value["accounts"].as_object().into_iter().flatten();
    for (account, content) in accounts {
        for (arn, role) in content["roles"].as_object().into_iter().flatten() {
            policy(&format!("trust of {arn}"), &role["trust"], None, &words.trust(), &mut all);
            identity(arn, role, &words.identity(), &mut all);
        }
        for (region, inventory) in content["regions"].as_object().into_iter().flatten() {
            groups(inventory, words, &mut all);
            policies(account, region, inventory, words, &mut all);
        }
    }
    all
}

/// The policies of a region's resources.
fn policies(account: &str, region: &str, inventory: &Value, words: &Words, all: &mut Answers) {
    let each = |collection: &str| inventory[collection].as_object().cloned().unwrap_or_default();
    let head = format!("arn:aws:execute-api:{region}:{account}:");
    for (id, api) in each("apis") {
        policy(&format!("API {id}"), &api["policy"], Some(&format!("{head}{id}")), &words.invoke(), all);
    }
    for (name, domain) in each("domains") {
        policy(&format!("domain {name}"), &domain["policy"], Some(&head), &words.invoke(), all);
    }
    for (id, endpoint) in each("endpoints") {
        policy(&format!("endpoint {id}"), &endpoint["policy"], None, &words.invoke(), all);
    }
    for (kind, actions) in
        [("queues", &["sqs:SendMessage", "sqs:ReceiveMessage"][..]), ("buses", &["events:PutEvents"]), ("keys", &["kms:Decrypt"])]
    {
        for (arn, resource) in each(kind) {
            policy(&format!("{kind} {arn}"), &resource["policy"], None, &words.resource(actions, &arn), all);
        }
    }
}

/// Asks one policy; what is no policy is not asked, and what is none any more has lost everything.
fn policy(name: &str, document: &Value, short: Option<&str>, requests: &[Request], all: &mut Answers) {
    let Ok(policy) = Policy::from_value(document) else { return };
    let policy = match short {
        Some(prefix) => policy.expanded(&ShortForm::new(prefix)),
        None => policy,
    };
    for request in requests {
        all.insert(format!("{name}: {}", named(request)), gets(policy.evaluate(request).decision()));
    }
}

fn identity(arn: &str, role: &Value, requests: &[Request], all: &mut Answers) {
    let documents: Option<Vec<Policy>> =
        role["policies"].as_array().into_iter().flatten().map(|policy| Policy::from_value(&policy["document"]).ok()).collect();
    let Some(documents) = documents else { return };
    let documents: Vec<&Policy> = documents.iter().collect();
    let limit = Policy::from_value(&role["boundary"]["document"]).ok();
    let boundary = match (&role["boundary"], &limit) {
        (Value::Null, _) => Boundary::None,
        (_, Some(limit)) => Boundary::Policy(limit),
        (_, None) => Boundary::Unread,
    };
    for request in requests {
        all.insert(format!("{arn}: {}", named(request)), gets(evaluate_identity(&documents, boundary, request).decision()));
    }
}

fn gets(decision: Decision) -> Gets {
    match decision {
        Decision::Allowed => Gets::Through,
        Decision::Undetermined => Gets::Perhaps,
        Decision::DeniedExplicitly | Decision::NotAllowed => Gets::Nowhere,
    }
}

fn named(request: &Request) -> String {
    format!("{:?} {} on {}, {:?}", request.principal, request.action, request.resource, request.context)
}

/// Every subnet of every gateway to every interface of every endpoint, over every configuration and port.
fn network(snapshot: &Snapshot, words: &Words, all: &mut Answers) {
    let estate = Estate::new(snapshot);
    for gateway in estate.all(Kind::Gateway, |region| &region.gateways) {
        let Ok(facts) = estate.facts(gateway.account, gateway.region) else { continue };
        for config in estate.all(Kind::ResourceConfig, |region| &region.resource_configs) {
            for endpoint in estate.all(Kind::Endpoint, |region| &region.endpoints) {
                for port in &words.ports {
                    let proof = Path::new(facts, gateway.value, config.value, endpoint.value, *port).proof();
                    for step in proof.steps() {
                        let question = format!(
                            "{} {} {} {port}: {:?} {} {} {:?}",
                            gateway.key, config.key, endpoint.key, step.what, step.from, step.to, step.family
                        );
                        let answer = match step.outcome {
                            Outcome::Allowed => Gets::Through,
                            Outcome::Partial => Gets::Partly,
                            Outcome::Blocked => Gets::Nowhere,
                            Outcome::Unknown(_) => Gets::Perhaps,
                        };
                        all.entry(question).and_modify(|worst| *worst = answer.min(*worst)).or_insert(answer);
                    }
                }
            }
        }
    }
}

/// Whatever else uses a security group: each permission that it has before or after, from anybody.
fn groups(inventory: &Value, words: &Words, all: &mut Answers) {
    for (id, group) in inventory["security_groups"].as_object().into_iter().flatten() {
        for side in ["egress", "ingress"] {
            let own: Vec<&Value> = group[side].as_array().into_iter().flatten().collect();
            for asked in words.permissions.values() {
                let open = own.iter().any(|own| admits(own, asked));
                all.insert(format!("{id} {side} {asked}"), if open { Gets::Through } else { Gets::Nowhere });
            }
        }
    }
}

/// Whether one permission takes in another.
fn admits(own: &Value, asked: &Value) -> bool {
    let any = own["protocol"] == "-1";
    let bounds = |value: &Value| (value["from"].as_i64().unwrap_or(0), value["to"].as_i64().unwrap_or(65535));
    let ((from, to), (low, high)) = (bounds(own), bounds(asked));
    let peer = own["peer"] == asked["peer"]
        || match (own["peer"]["cidr"].as_str().and_then(Range::parse), asked["peer"]["cidr"].as_str().and_then(Range::parse)) {
            (Some(own), Some(asked)) => own.holds(&asked),
            _ => false,
        };
    (any || (own["protocol"] == asked["protocol"] && from <= low && high <= to)) && peer
}

/// What the questions are made of: everything that either state names.
#[derive(Default)]
struct Words {
    actions: BTreeSet<String>,
    resources: BTreeSet<String>,
    methods: BTreeSet<String>,
    principals: BTreeSet<String>,
    networks: BTreeSet<String>,
    rules: BTreeSet<String>,
    ports: BTreeSet<u16>,
    permissions: BTreeMap<String, Value>,
    urls: BTreeSet<String>,
    /// What the integrations send.
    calls: Vec<Request>,
}

impl Words {
    fn of(values: &[Value]) -> Words {
        let mut words = Words::default();
        values.iter().for_each(|value| words.read("", value));
        words.ports.extend([443, 1]);
        let strangers = ["events.amazonaws.com", "states.amazonaws.com", "pipes.amazonaws.com", "arn:aws:iam::999999999999:role/stranger"];
        words.principals.extend(strangers.map(str::to_owned));
        words.networks.extend(["vpce-0stranger", "vpc-0stranger"].map(str::to_owned));
        words.rules.insert("arn:aws:events:eu-west-1:999999999999:rule/stranger".to_owned());
        words
    }

    fn read(&mut self, name: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                if fields.contains_key("peer") && fields.contains_key("protocol") {
                    self.permissions.insert(value.to_string(), value.clone());
                    let port = |name| fields.get(name).and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok());
                    let ports = [port("from"), port("to")];
                    self.ports.extend(ports.into_iter().flatten());
                }
                for (name, value) in fields {
                    self.text(name, name);
                    self.read(name, value);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.read(name, item)),
            Value::String(text) => self.text(name, text),
            _ => {}
        }
    }

    /// Sorts a text by what it may be asked for; a wildcard stands for anything, so that one thing is taken.
    fn text(&mut self, name: &str, text: &str) {
        let one = text.replace('*', "anything").replace('?', "x");
        match name {
            "Action" | "NotAction" => drop(self.actions.insert(one)),
            "AWS" | "Service" => drop(self.principals.insert(one)),
            "Resource" | "NotResource" if one.contains("execute-api:") => drop(self.methods.insert(one)),
            "Resource" | "NotResource" => drop(self.resources.insert(one)),
            _ if one.starts_with("vpce-") && !one.contains('.') || one.starts_with("vpc-") => drop(self.networks.insert(one)),
            _ if one.starts_with("https://") => drop(self.urls.insert(one)),
            _ if one.contains(":rule/") => drop(self.rules.insert(one)),
            _ if one.starts_with("arn:") => drop(self.resources.insert(one)),
            _ => {}
        }
    }

    /// The calls of the integrations, of the method and of a domain name.
    fn calls(&mut self, snapshot: &Snapshot) {
        let estate = Estate::new(snapshot);
        for path in estate.integrations() {
            self.calls.extend(path.request().ok().cloned());
            self.calls.extend(path.domain.read().ok().map(|domain| path.domain_request(domain)));
        }
    }

    fn callers(&self) -> impl Iterator<Item = Principal> {
        self.principals.iter().map(|name| Principal::aws(name).unwrap_or_else(|| Principal::Service(name.clone())))
    }

    /// Each network to each method, signed by nobody or somebody, beside what the integrations send.
    fn invoke(&self) -> Vec<Request> {
        let place = |network: &String| {
            let key = if network.starts_with("vpce-") { "aws:SourceVpce" } else { "aws:SourceVpc" };
            Context::stranger().with(key, Known::text(network.as_str()))
        };
        let contexts: Vec<Context> =
            self.networks.iter().map(place).chain(self.calls.iter().map(|call| Context::clone(&call.context))).collect();
        let methods = self.methods.iter().map(|method| Resource::arn(method)).chain(self.calls.iter().map(|call| call.resource.clone()));
        let mut requests = self.calls.clone();
        for method in methods {
            for context in &contexts {
                for who in std::iter::once(Principal::Anonymous).chain(self.callers()) {
                    requests.push(Request::new(who, "execute-api:Invoke", method.clone(), context.clone()));
                }
            }
        }
        requests
    }

    /// Each service in the name of each rule, and each identity.
    fn resource(&self, actions: &[&str], arn: &str) -> Vec<Request> {
        self.about(actions, &Resource::arn(arn))
    }

    fn trust(&self) -> Vec<Request> {
        self.about(&["sts:AssumeRole"], &Resource::Own)
    }

    fn about(&self, actions: &[&str], resource: &Resource) -> Vec<Request> {
        let mut requests = Vec::new();
        for who in self.callers() {
            for rule in &self.rules {
                let account = rule.split(':').nth(4).unwrap_or_default();
                let context =
                    Context::new().with("aws:SourceArn", Known::text(rule.as_str())).with("aws:SourceAccount", Known::text(account));
                requests.extend(actions.iter().map(|action| Request::new(who.clone(), action, resource.clone(), context.clone())));
            }
        }
        requests
    }

    /// Each action on each resource, and the call of each URL.
    fn identity(&self) -> Vec<Request> {
        let mut requests = Vec::new();
        for action in self.actions.iter().filter(|action| !action.starts_with("execute-api:")) {
            let holder = |resource: &String, context: Context| Request::holder(action, Resource::arn(resource), context);
            requests.extend(self.resources.iter().map(|resource| holder(resource, Context::new())));
            let url = |url: &String| {
                Context::new().with("states:HTTPEndpoint", Known::text(url.as_str())).with("states:HTTPMethod", Known::text("POST"))
            };
            requests.extend(self.urls.iter().flat_map(|text| self.resources.iter().map(move |own| holder(own, url(text)))));
        }
        requests
    }
}
