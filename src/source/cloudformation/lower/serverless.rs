//! What SAM makes of its own types: APIs with their stage and deployment, and methods of functions' events.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-api.html>

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::gateway::{API, api, deploy, variables};
use super::guards::{authorization_of, authorizers};
use super::methods::{Methods, from_body};
use super::{Item, Lowering, at_run_time, entry, insert, tags};
use crate::model::apigateway::{Integration, Method, Stage};
use crate::model::{Kind, Known, Unknown};
use crate::source::cloudformation::resolve::{IMPLICIT_API, Mode};
use crate::source::mask::Mask;
use crate::source::planned::Resolved;

impl<'a> Lowering<'_, 'a> {
    /// APIs, and the methods that functions add to them.
    pub(super) fn serverless(&mut self, methods: &mut Methods<'a>) -> Vec<Item<'a>> {
        let apis: Vec<_> = self.take("AWS::Serverless::Api").into_iter().map(|item| self.with_globals(item, "Api")).collect();
        let mut managed = BTreeMap::new();
        for item in &apis {
            self.serverless_api(item, methods);
            if is_managed(item) {
                managed.insert(self.id(item), item.properties.clone());
            }
        }
        for item in self.take("AWS::Serverless::Function") {
            self.function_events(&item, methods, &mut managed);
        }
        apis
    }

    /// The properties of a resource with those of `Globals` below them.
    pub(super) fn with_globals(&self, mut item: Item<'a>, section: &str) -> Item<'a> {
        if let Some(globals) = self.scope(&item).globals(section) {
            let globals = self.resolver.value(item.stack, globals, Mode::Plain);
            item.properties = merged(&globals, &item.properties);
        }
        item
    }

    fn serverless_api(&mut self, item: &Item<'a>, methods: &mut Methods<'a>) {
        let id = self.id(item);
        let document = self.body(item, "DefinitionBody", "DefinitionUri");
        let mut made = api(item, &id, document.as_ref().unwrap_or(&Resolved::Absent));
        made.name = self.name(item);
        made.authorizers = authorizers(item.get("Auth")).into();
        let own = count(&made.policy);
        made.policy = with_statements(made.policy, statements(item.properties.at(&["Auth", "ResourcePolicy"]), "execute-api:/*"));
        let all = count(&made.policy);
        self.put(item, Kind::Api, &id, made, API, |region| &mut region.apis);
        for (pointer, way) in [("/policy", ["Auth", "ResourcePolicy"]), ("/resources", ["DefinitionBody", "paths"])] {
            self.points(item, Kind::Api, &id, pointer.to_owned(), item.origin(&way));
        }
        self.policy_place(item, &id, "DefinitionBody");
        for added in own..all {
            self.points(item, Kind::Api, &id, format!("/policy/Statement/{added}"), item.origin(&["Auth", "ResourcePolicy"]));
        }
        let place = self.place(item);
        let document = document.map(|body| from_body(&body).guarded(item.get("Auth")));
        methods.open(&id, place, document, entry(&mut self.region(item).apis, &id));
        methods.written(&id, item, "DefinitionBody");
    }

    /// The stage of the API that functions share.
    pub(super) fn implicit_stages(&mut self) {
        for (index, scope) in self.resolver.scopes.iter().enumerate().filter(|(_, scope)| scope.is_sam()) {
            let Ok(Some(id)) = self.resolver.of_resource(index, IMPLICIT_API, "", scope.stack.template.at).text() else { continue };
            let Some(api) = entry(&mut self.region_of(scope.account, scope.region).apis, &id) else { continue };
            let stage = Stage {
                deployment_id: Known::Value(Some("implicit".to_owned())),
                modified: at_run_time(),
                variables: Known::default(),
                canary: Known::default(),
                tags: Known::default(),
            };
            deploy(api, "implicit", None);
            api.stages = Known::Value(BTreeMap::from([("Prod".to_owned(), stage)]));
        }
    }

    /// The stage and the deployment of each API, once its methods are known.
    pub(super) fn serverless_stages(&mut self, apis: &[Item<'a>]) {
        for item in apis {
            let id = self.id(item);
            let deployment = self.resolver.mint.word(&self.seed(item, "deployment"), 6);
            let (account, region) = self.place(item);
            let stage = item.get("StageName").must("StageName").map(|name| {
                let mask = Mask::new(&format!("arn:{}:apigateway:{region}::/restapis/{id}", self.scope(item).partition), &name);
                let variables = Known::from(variables(&mask, "variable", item.get("Variables")));
                let stage = Stage {
                    deployment_id: Known::Value(Some(deployment.clone())),
                    modified: at_run_time(),
                    variables,
                    canary: Known::default(),
                    tags: tags(item.get("Tags")),
                };
                (name, stage)
            });
            let Some(api) = entry(&mut self.region_of(account, region).apis, &id) else { continue };
            deploy(api, &deployment, None);
            self.deployed_places(item, &id, &deployment);
            let Some(api) = entry(&mut self.region_of(account, region).apis, &id) else { continue };
            match stage {
                Ok((name, stage)) => {
                    api.stages = Known::Value(BTreeMap::from([(name.clone(), stage)]));
                    self.stands(item, Kind::Stage, (&id, &name), &[("/variables", "Variables")]);
                }
                Err(unknown) => api.stages = Known::Unknown(unknown),
            }
        }
    }

    /// `Events` of type `Api`: each is a method that calls the function, of an API whose document SAM writes.
    fn function_events(&mut self, item: &Item<'a>, methods: &mut Methods<'a>, managed: &mut BTreeMap<String, Resolved>) {
        for (name, event) in item.get("Events").entries().unwrap_or_default() {
            if event.field("Type").text() != Ok(Some("Api".to_owned())) {
                continue;
            }
            let properties = event.field("Properties");
            let api = match properties.field("RestApiId") {
                Resolved::Absent => self.implicit_api(item, methods, managed),
                named => named.text().ok().flatten(),
            };
            let Some((api, owner)) = api.and_then(|api| managed.get_key_value(&api)) else { continue };
            let origin = item.origin(&["Events", name, "Properties"]);
            match item.sure(event_method(properties, owner.field("Auth"))) {
                Ok((path, verb, method)) => {
                    let policy = match properties.at(&["Auth", "ResourcePolicy"]) {
                        Resolved::Absent => Ok(Vec::new()),
                        own => resource_of(owner, &verb, &path).and_then(|resource| statements(own, &resource)),
                    };
                    if let Some(api) = entry(&mut self.region(item).apis, api) {
                        api.policy = with_statements(std::mem::take(&mut api.policy), policy);
                    }
                    methods.add(api, Ok(path), "", Some((verb, method, origin)));
                }
                Err(unknown) => methods.add(api, Err(unknown), "", None),
            }
        }
    }

    /// The API of functions that name none. It is edge-optimised unless `Globals` say otherwise.
    fn implicit_api(&mut self, item: &Item<'a>, methods: &mut Methods<'a>, managed: &mut BTreeMap<String, Resolved>) -> Option<String> {
        let id = self.resolver.of_resource(item.stack, IMPLICIT_API, "", item.declared.node.at).text().ok().flatten()?;
        if methods.has(&id) {
            return Some(id);
        }
        let globals = self.scope(item).globals("Api").map_or(Resolved::Absent, |node| self.resolver.value(item.stack, node, Mode::Plain));
        managed.insert(id.clone(), globals.clone());
        let owner = Item { stack: item.stack, declared: item.declared, properties: globals, unsure: None };
        let mut made = api(&owner, &id, &Resolved::Absent);
        made.name = IMPLICIT_API.to_owned();
        made.authorizers = authorizers(owner.get("Auth")).into();
        made.policy = with_statements(made.policy, statements(owner.properties.at(&["Auth", "ResourcePolicy"]), "execute-api:/*"));
        let place = self.place(item);
        insert(&mut self.region(item).apis, &id, Known::Value(made));
        methods.open(&id, place, None, None);
        Some(id)
    }
}

/// `over` on top of `under`, maps entry by entry, lists one after the other
/// (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>).
fn merged(under: &Resolved, over: &Resolved) -> Resolved {
    match (under, over) {
        (Resolved::Map(under), Resolved::Map(over)) => {
            let mut map = under.clone();
            for (key, value) in over {
                match map.iter_mut().find(|(name, _)| name == key) {
                    Some((_, old)) => *old = merged(old, value),
                    None => map.push((key.clone(), value.clone())),
                }
            }
            Resolved::Map(map)
        }
        (Resolved::List(under), Resolved::List(over)) => Resolved::List([under.clone(), over.clone()].concat()),
        (under, Resolved::Absent) => under.clone(),
        (_, over) => over.clone(),
    }
}

fn event_method(properties: &Resolved, default: &Resolved) -> Result<(String, String, Method), Unknown> {
    let auth = properties.field("Auth");
    let key = auth.field("ApiKeyRequired").flag()?.or(default.field("ApiKeyRequired").flag()?).unwrap_or_default();
    let named = auth.field("Authorizer").text()?.or(default.field("DefaultAuthorizer").text()?);
    let kind = named.as_deref().map_or("NONE", |name| authorization_of(name, default));
    let method = Method {
        authorization: Known::Value(kind.to_owned()),
        authorizer_id: Known::Value(named.filter(|_| kind.starts_with('C'))),
        api_key_required: Known::Value(key),
        request_parameters: Known::default(),
        validator_id: Known::default(),
        integration: Known::Value(Some(Integration {
            kind: "AWS_PROXY".to_owned(),
            passthrough: Some("WHEN_NO_MATCH".to_owned()),
            template_types: Vec::new(),
        })),
    };
    let verb = properties.field("Method").must("Method")?.to_uppercase();
    let verb = if matches!(verb.as_str(), "ANY" | "X-AMAZON-APIGATEWAY-ANY-METHOD") { "ANY".to_owned() } else { verb };
    Ok((properties.field("Path").must("Path")?, verb, method))
}

/// Whether SAM writes the API's document, so that events add to it. To a document of one's own they add nothing, unless
/// asked to.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-api.html>
fn is_managed(api: &Item<'_>) -> bool {
    let own = ["DefinitionBody", "DefinitionUri"].iter().any(|name| !api.get(name).is_absent());
    !own || api.get("MergeDefinitions").flag() == Ok(Some(true))
}

/// What the policy of an event is about: its method alone.
fn resource_of(api: &Resolved, verb: &str, path: &str) -> Result<String, Unknown> {
    let stage = api.field("StageName").text()?.unwrap_or_else(|| "Prod".to_owned());
    let verb = if verb == "ANY" { "*" } else { verb };
    let path: Vec<&str> = path.trim_end_matches('/').split('/').map(|part| if part.starts_with('{') { "*" } else { part }).collect();
    Ok(format!("execute-api:/{stage}/{verb}{}", path.join("/")))
}

/// How many statements a policy has.
fn count(policy: &Known<Option<Value>>) -> usize {
    let Known::Value(Some(policy)) = policy else { return 0 };
    policy["Statement"].as_array().map_or(1, Vec::len)
}

/// A policy with more statements.
fn with_statements(policy: Known<Option<Value>>, more: Result<Vec<Value>, Unknown>) -> Known<Option<Value>> {
    let (mut policy, more) = match (policy, more) {
        (Known::Value(policy), Ok(more)) => (policy, more),
        (Known::Unknown(unknown), _) | (_, Err(unknown)) => return Known::Unknown(unknown),
    };
    if !more.is_empty() {
        let policy = policy.get_or_insert_with(|| json!({"Version": "2012-10-17", "Statement": []}));
        let own = match policy["Statement"].take() {
            Value::Array(own) => own,
            Value::Null => Vec::new(),
            single => vec![single],
        };
        policy["Statement"] = Value::Array([own, more].concat());
    }
    Known::Value(policy)
}

/// What SAM makes of a `ResourcePolicy`: statements of one's own, an Allow for everybody, and a Deny for whoever is not on
/// a list, or is.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-resourcepolicystatement.html>
fn statements(value: &Resolved, resource: &str) -> Result<Vec<Value>, Unknown> {
    let everyone = |effect: &str, condition: Option<Value>| {
        let mut statement = json!({"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": resource});
        if let Some(condition) = condition {
            statement["Condition"] = condition;
        }
        statement
    };
    let mut statements = Vec::new();
    for statement in value.must_be_known()?.field("CustomStatements").items()? {
        statements.push(statement.json()?);
    }
    let own = statements.len();
    for (tail, not, not_ip) in [("Whitelist", "StringNotEquals", "NotIpAddress"), ("Blacklist", "StringEquals", "IpAddress")] {
        let list = |name: &str| value.field(&format!("{name}{tail}")).texts();
        let (endpoints, vpcs): (Vec<_>, Vec<_>) = list("SourceVpc")?.into_iter().partition(|id| id.starts_with("vpce-"));
        let keys =
            [("aws:SourceVpc", [list("IntrinsicVpc")?, vpcs].concat()), ("aws:SourceVpce", [list("IntrinsicVpce")?, endpoints].concat())];
        let keys: serde_json::Map<_, _> =
            keys.into_iter().filter(|(_, ids)| !ids.is_empty()).map(|(key, ids)| (key.to_owned(), json!(ids))).collect();
        if !keys.is_empty() {
            statements.push(everyone("Deny", Some(json!({not: keys}))));
        }
        let ranges = list("IpRange")?;
        if !ranges.is_empty() {
            statements.push(everyone("Deny", Some(json!({not_ip: {"aws:SourceIp": ranges}}))));
        }
        let accounts = list("AwsAccount")?;
        if !accounts.is_empty() {
            let mut statement = everyone(if tail == "Whitelist" { "Allow" } else { "Deny" }, None);
            statement["Principal"] = json!({"AWS": accounts});
            statements.push(statement);
        }
    }
    if statements.iter().skip(own).any(|statement| statement["Effect"] == "Deny") {
        statements.insert(own, everyone("Allow", None));
    }
    Ok(statements)
}
