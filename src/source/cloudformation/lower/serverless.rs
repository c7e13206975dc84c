//! What SAM makes of its own types: APIs with their stage and deployment, and methods of functions' events.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-api.html>

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::gateway::{API, api, canary, deploy, variables};
use super::guards::{authorization_of, authorizers};
use super::methods::{Methods, from_body};
use super::{Item, Lowering, at_run_time, entry, insert, tags};
use crate::model::apigateway::{Integration, Method, PlanStage, Stage, UsagePlan};
use crate::model::{Kind, Known, Unknown};
use crate::source::cloudformation::resolve::{IMPLICIT_API, Mode};
use crate::source::mask::Mask;
use crate::source::planned::Resolved;

const FUNCTION: &str = "AWS::Serverless::Function";
const MACHINE: &str = "AWS::Serverless::StateMachine";

/// An API to which events may add methods.
struct Managed {
    stack: usize,
    properties: Resolved,
    /// Whether they do.
    merges: Result<bool, Unknown>,
}

impl<'a> Lowering<'_, 'a> {
    /// APIs, and the methods that functions and state machines add to them.
    /// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-statemachine-statemachineapi.html>
    pub(super) fn serverless(&mut self, methods: &mut Methods<'a>) -> Vec<Item<'a>> {
        let apis: Vec<_> = self.take("AWS::Serverless::Api").into_iter().map(|item| self.with_globals(item, "Api")).collect();
        let mut managed = BTreeMap::new();
        for item in &apis {
            self.serverless_api(item, methods);
            let (properties, merges) = (item.properties.clone(), merges(item));
            managed.insert(self.id(item), Managed { stack: item.stack, properties, merges });
        }
        for kind in [FUNCTION, MACHINE] {
            let items = self.take(kind);
            items.iter().for_each(|item| self.events_of(item, methods, &mut managed));
            self.items.insert(kind, items);
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
        made.policy = with_statements(made.policy, statements(item.properties.at(&["Auth", "ResourcePolicy"]), &all_of(&item.properties)));
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

    /// The usage plan that SAM makes for an API, of its own or for several.
    /// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-apiusageplan.html>
    fn made_plan(&mut self, account: &str, region: &str, api: &str, auth: &Resolved, stage: &Resolved) {
        let create = match auth.at(&["UsagePlan", "CreateUsagePlan"]).text() {
            Ok(create) => create,
            Err(unknown) => return insert(&mut self.region_of(account, region).usage_plans, api, Known::Unknown(unknown)),
        };
        if create.is_some_and(|create| create != "NONE") {
            let admitted = stage.must("StageName").map(|stage| vec![PlanStage { api_id: api.to_owned(), stage }]);
            let plan = UsagePlan { id: api.to_owned(), name: format!("plan of {api}"), stages: admitted.into() };
            insert(&mut self.region_of(account, region).usage_plans, api, Known::Value(plan));
        }
    }

    /// The stage of the API that functions share.
    pub(super) fn implicit_stages(&mut self) {
        for (index, scope) in self.resolver.scopes.iter().enumerate().filter(|(_, scope)| scope.is_sam()) {
            let Ok(Some(id)) = self.resolver.of_resource(index, IMPLICIT_API, "", scope.stack.template.at).text() else { continue };
            let globals = scope.globals("Api").map_or(Resolved::Absent, |node| self.resolver.value(index, node, Mode::Plain));
            let Some(api) = entry(&mut self.region_of(scope.account, scope.region).apis, &id) else { continue };
            let stage = Stage {
                deployment_id: Known::Value(Some("implicit".to_owned())),
                modified: at_run_time(),
                variables: Known::default(),
                canary: Known::default(),
                tags: Known::default(),
            };
            deploy(api, "implicit", None);
            api.stages = Known::Value(stages("Prod".to_owned(), stage, globals.field("OpenApiVersion")));
            self.made_plan(scope.account, scope.region, &id, globals.field("Auth"), &"Prod".into());
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
                    canary: canary(item, &mask).into(),
                    tags: tags(item.get("Tags")),
                };
                (name, stage)
            });
            let Some(api) = entry(&mut self.region_of(account, region).apis, &id) else { continue };
            deploy(api, &deployment, None);
            self.deployed_places(item, &id, &deployment);
            self.made_plan(account, region, &id, item.get("Auth"), item.get("StageName"));
            let Some(api) = entry(&mut self.region_of(account, region).apis, &id) else { continue };
            match stage {
                Ok((name, stage)) => {
                    api.stages = Known::Value(stages(name.clone(), stage, item.get("OpenApiVersion")));
                    self.stands(item, Kind::Stage, (&id, &name), &[("/variables", "Variables")]);
                    if item.get("OpenApiVersion").is_absent() {
                        self.stands(item, Kind::Stage, (&id, FURTHER), &[]);
                    }
                }
                Err(unknown) => api.stages = Known::Unknown(unknown),
            }
        }
    }

    /// `Events` of type `Api`: each is a method that calls the function or the state machine, of an API whose document SAM
    /// writes.
    fn events_of(&mut self, item: &Item<'a>, methods: &mut Methods<'a>, managed: &mut BTreeMap<String, Managed>) {
        let events = match item.get("Events").entries() {
            Ok(events) => events,
            Err(unknown) => return self.any_event(item, &Resolved::Absent, &unknown, methods, managed),
        };
        for (name, event) in events {
            let properties = event.field("Properties");
            match event.field("Type").text() {
                Ok(Some(kind)) if kind == "Api" => {}
                Ok(_) => continue,
                Err(unknown) => {
                    self.any_event(item, properties, &unknown, methods, managed);
                    continue;
                }
            }
            let api = match properties.field("RestApiId") {
                Resolved::Absent => self.implicit_api(item, methods, managed),
                named => match named.text() {
                    Ok(named) => named.map(|named| self.api_called(item, named)),
                    Err(unknown) => {
                        self.any_event(item, properties, &unknown, methods, managed);
                        continue;
                    }
                },
            };
            // With a document of one's own, what state machines add is not merged.
            let takes = |owner: &Managed| item.declared.kind == FUNCTION || is_written(&owner.properties);
            let owner = api.and_then(|api| managed.get_key_value(&api)).filter(|(_, owner)| takes(owner));
            match owner {
                Some((api, Managed { properties: own, merges: Ok(false), .. })) => override_auth(properties, own, api, methods),
                Some((api, owner)) => self.event(item, name, properties, (api, owner), methods),
                None => {}
            }
        }
    }

    /// An API may be called by its logical id as well.
    fn api_called(&self, item: &Item<'a>, name: String) -> String {
        let declared = self.scope(item).resource(&name).filter(|resource| resource.kind == "AWS::Serverless::Api");
        declared.map_or(name, |api| self.resolver.id(item.stack, api))
    }

    fn event(&mut self, item: &Item<'a>, name: &str, properties: &Resolved, (api, owner): (&str, &Managed), methods: &mut Methods<'a>) {
        let kind = if item.declared.kind == MACHINE { "AWS" } else { "AWS_PROXY" };
        let read = owner.merges.clone().and_then(|_| event_method(properties, owner.properties.field("Auth"), kind));
        match item.sure(read) {
            Ok((path, verb, method)) => {
                let policy = match properties.at(&["Auth", "ResourcePolicy"]) {
                    Resolved::Absent => Ok(Vec::new()),
                    own => resource_of(&owner.properties, &verb, &path).and_then(|resource| statements(own, &resource)),
                };
                self.add_statements(item, api, policy);
                let origin = item.origin(&["Events", name, "Properties"]);
                methods.add(api, Ok(path), "", Some((verb, method, origin)));
            }
            Err(unknown) => {
                if !properties.at(&["Auth", "ResourcePolicy"]).is_absent() {
                    self.add_statements(item, api, Err(unknown.clone()));
                }
                methods.add(api, Err(unknown), "", None);
            }
        }
    }

    fn add_statements(&mut self, item: &Item<'a>, api: &str, more: Result<Vec<Value>, Unknown>) {
        if let Some(api) = entry(&mut self.region(item).apis, api) {
            api.policy = with_statements(std::mem::take(&mut api.policy), more);
        }
    }

    /// An event of which the API is not known: any whose document SAM writes may have its method and its policy.
    fn any_event(
        &mut self,
        item: &Item<'a>,
        properties: &Resolved,
        unknown: &Unknown,
        methods: &mut Methods<'a>,
        managed: &mut BTreeMap<String, Managed>,
    ) {
        if properties.is_absent() {
            self.implicit_api(item, methods, managed);
        }
        for (api, _) in managed.iter().filter(|(_, owner)| owner.stack == item.stack && owner.merges != Ok(false)) {
            if properties.is_absent() || !properties.at(&["Auth", "ResourcePolicy"]).is_absent() {
                self.add_statements(item, api, Err(unknown.clone()));
            }
            methods.add(api, Err(unknown.clone()), "", None);
        }
    }

    /// The API of functions that name none. It is edge-optimised unless `Globals` say otherwise.
    fn implicit_api(&mut self, item: &Item<'a>, methods: &mut Methods<'a>, managed: &mut BTreeMap<String, Managed>) -> Option<String> {
        let id = self.resolver.of_resource(item.stack, IMPLICIT_API, "", item.declared.node.at).text().ok().flatten()?;
        if methods.has(&id) {
            return Some(id);
        }
        let globals = self.scope(item).globals("Api").map_or(Resolved::Absent, |node| self.resolver.value(item.stack, node, Mode::Plain));
        managed.insert(id.clone(), Managed { stack: item.stack, properties: globals.clone(), merges: Ok(true) });
        let owner = Item { stack: item.stack, declared: item.declared, properties: globals, unsure: None };
        let mut made = api(&owner, &id, &Resolved::Absent);
        made.name = IMPLICIT_API.to_owned();
        made.authorizers = authorizers(owner.get("Auth")).into();
        made.policy = with_statements(made.policy, statements(owner.properties.at(&["Auth", "ResourcePolicy"]), "execute-api:/Prod/*"));
        let place = self.place(item);
        insert(&mut self.region(item).apis, &id, Known::Value(made));
        methods.open(&id, place, None, None);
        Some(id)
    }
}

/// What SAM calls a stage that nobody asked for.
const FURTHER: &str = "Stage";

/// The stages that SAM makes: unless the version of OpenAPI is said, a further one that is called `Stage`.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-api.html#sam-api-openapiversion>
fn stages(name: String, stage: Stage, version: &Resolved) -> BTreeMap<String, Stage> {
    let plain = Stage { variables: Known::default(), canary: Known::default(), tags: Known::default(), ..stage.clone() };
    let further = version.is_absent().then(|| (FURTHER.to_owned(), plain));
    further.into_iter().chain([(name, stage)]).collect()
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

fn event_method(properties: &Resolved, default: &Resolved, kind: &str) -> Result<(String, String, Method), Unknown> {
    let auth = properties.field("Auth");
    let key = auth.field("ApiKeyRequired").flag()?.or(default.field("ApiKeyRequired").flag()?).unwrap_or_default();
    let named = auth.field("Authorizer").text()?.or(default.field("DefaultAuthorizer").text()?);
    let authorization = named.as_deref().map_or("NONE", |name| authorization_of(name, default));
    let method = Method {
        authorization: Known::Value(authorization.to_owned()),
        authorizer_id: Known::Value(named.filter(|_| authorization.starts_with('C'))),
        api_key_required: Known::Value(key),
        request_parameters: Known::default(),
        validator_id: Known::default(),
        integration: Known::Value(Some(Integration {
            kind: kind.to_owned(),
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
fn merges(api: &Item<'_>) -> Result<bool, Unknown> {
    if is_written(&api.properties) {
        return Ok(true);
    }
    api.get("MergeDefinitions").flag().map(Option::unwrap_or_default)
}

/// What an event says of a method that stands in a document of one's own: nothing, unless it is asked to.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-apifunctionauth.html>
fn override_auth(properties: &Resolved, owner: &Resolved, api: &str, methods: &mut Methods<'_>) {
    let auth = properties.field("Auth");
    match auth.field("OverrideApiAuth").flag() {
        Ok(Some(true)) => {}
        Ok(_) => return,
        Err(unknown) => return methods.add(api, Err(unknown), "", None),
    }
    let (authorizes, keyed) = (!auth.field("Authorizer").is_absent(), !auth.field("ApiKeyRequired").is_absent());
    match event_method(properties, owner.field("Auth"), "") {
        Err(unknown) => methods.add(api, Err(unknown), "", None),
        Ok((path, verb, said)) => {
            let Some(method) = methods.method(api, &path, &verb) else { return };
            if authorizes {
                (method.authorization, method.authorizer_id) = (said.authorization, said.authorizer_id);
            }
            if keyed {
                method.api_key_required = said.api_key_required;
            }
        }
    }
}

/// Whether SAM writes the document from the first line on.
fn is_written(api: &Resolved) -> bool {
    ["DefinitionBody", "DefinitionUri"].iter().all(|name| api.field(name).is_absent())
}

/// What the policy of an API is about: the methods at the stage that it names.
fn all_of(api: &Resolved) -> String {
    let stage = api.field("StageName").text().ok().flatten();
    stage.map_or_else(|| "execute-api:/*".to_owned(), |stage| format!("execute-api:/{stage}/*"))
}

/// What the policy of an event is about: its method alone.
fn resource_of(api: &Resolved, verb: &str, path: &str) -> Result<String, Unknown> {
    let stage = api.field("StageName").text()?.unwrap_or_else(|| "Prod".to_owned());
    let verb = if verb == "ANY" { "*" } else { verb };
    let path = if path == "/" { path } else { path.trim_end_matches('/') };
    let path: Vec<&str> = path.split('/').map(|part| if part.starts_with('{') { "*" } else { part }).collect();
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

/// What SAM makes of a `ResourcePolicy`: statements of one's own; for networks and addresses an Allow for everybody and a
/// Deny for whoever is not on a list, or is; for accounts what the list says and nothing else.
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
    let (own, mut open) = (statements.len(), false);
    for (tail, not, not_ip) in [("Whitelist", "StringNotEquals", "NotIpAddress"), ("Blacklist", "StringEquals", "IpAddress")] {
        let list = |name: &str| value.field(&format!("{name}{tail}")).texts();
        let (endpoints, vpcs): (Vec<_>, Vec<_>) = list("SourceVpc")?.into_iter().partition(|id| id.starts_with("vpce-"));
        let keys =
            [("aws:SourceVpc", [list("IntrinsicVpc")?, vpcs].concat()), ("aws:SourceVpce", [list("IntrinsicVpce")?, endpoints].concat())];
        let keys: serde_json::Map<_, _> =
            keys.into_iter().filter(|(_, ids)| !ids.is_empty()).map(|(key, ids)| (key.to_owned(), json!(ids))).collect();
        if !keys.is_empty() {
            open = true;
            statements.push(everyone("Deny", Some(json!({not: keys}))));
        }
        let ranges = list("IpRange")?;
        if !ranges.is_empty() {
            open = true;
            statements.push(everyone("Deny", Some(json!({not_ip: {"aws:SourceIp": ranges}}))));
        }
        let accounts = list("AwsAccount")?;
        if !accounts.is_empty() {
            let mut statement = everyone(if tail == "Whitelist" { "Allow" } else { "Deny" }, None);
            statement["Principal"] = json!({"AWS": accounts});
            statements.push(statement);
        }
    }
    if open {
        statements.insert(own, everyone("Allow", None));
    }
    Ok(statements)
}
