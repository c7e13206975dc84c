//! Answers of AWS, as its command line prints them or as CloudFormation reads resources, as the model's JSON. What an
//! answer does not tell is unknown; what no file tells of is unread.

use pgwaudit::model::{Reason, Region, Unknown};
use pgwaudit::rules::example;
use pgwaudit::source::redact::Masker;
use serde_json::{Map, Value, json};

use crate::fields::{array, field, filled, list, or_unread, policy, tags, text, unread};

/// A region that answers are put into.
pub struct Answers {
    account: String,
    region: String,
    roles: Value,
    collections: Map<String, Value>,
    /// Collections and keys of what was put in.
    added: Vec<(String, String)>,
    /// Resources and parts of resources that were put in.
    pub count: usize,
}

impl Answers {
    /// A region of which nothing was read.
    pub fn new(account: &str, region: &str) -> Self {
        let unknown = Unknown::new("", Reason::NotRecorded, "no answer was recorded");
        let collections = serde_json::to_value(Region::unread(&unknown)).expect("a region is JSON");
        Answers {
            account: account.into(),
            region: region.into(),
            roles: unread(),
            collections: collections.as_object().cloned().expect("an object"),
            added: Vec::new(),
            count: 0,
        }
    }

    /// A region in which all is known, and a healthy integration.
    pub fn beside_healthy(account: &str, region: &str) -> Self {
        let estate = example::estate("default").expect("an estate").to_string();
        let estate = estate.replace("111122223333", account).replace("eu-west-1", region);
        let estate: Value = serde_json::from_str(&estate).expect("an estate");
        let healthy = &estate["accounts"][account];
        let mut answers = Answers::new(account, region);
        answers.collections = healthy["regions"][region].as_object().cloned().expect("a region");
        answers.roles = healthy["roles"].clone();
        answers
    }

    /// The snapshot of this region alone.
    pub fn snapshot(&self) -> Value {
        json!({"schema": "pgwaudit.snapshot/1", "taken_at": "2026-11-20T12:00:00Z", "source": {"kind": "snapshot"},
            "accounts": {&self.account: {"roles": self.roles, "regions": {&self.region: self.collections}}}})
    }

    /// Puts a resource in under its ARN or id; what is there already keeps what it has.
    pub fn put(&mut self, collection: &str, resource: Value) {
        let key = text(&resource, &["arn", "id", "name"]).to_owned();
        let all = self.collections.entry(collection).or_insert_with(|| json!({}));
        if all.get("$unknown").is_some() {
            *all = json!({});
        }
        if all.get(&key).is_none() {
            self.added.push((collection.to_owned(), key.clone()));
            self.count += 1;
        }
        all.as_object_mut().expect("a collection").entry(key).or_insert(resource);
    }

    /// The one resource of a collection, to add to it what a second call tells.
    fn one(&mut self, collection: &str) -> Option<&mut Value> {
        let key = self.added(collection)?.to_owned();
        self.collections.get_mut(collection)?.get_mut(key)
    }

    /// Key of the first resource that was put into a collection.
    fn added(&self, collection: &str) -> Option<&str> {
        self.added.iter().find(|(into, _)| into == collection).map(|(_, key)| key.as_str())
    }

    /// Puts in what one answer tells. `call` is the operation without service, case and hyphens. Says whether the
    /// model has a place for it.
    pub fn take(&mut self, call: &str, answer: &Value) -> bool {
        let (collection, items): (_, Vec<Value>) = match call {
            "describeconnection" | "connection" => ("connections", vec![connection(answer)]),
            "listconnections" => ("connections", array(answer, &["Connections"]).map(connection).collect()),
            "describeapidestination" | "apidestination" => ("destinations", vec![destination(answer)]),
            "listapidestinations" => ("destinations", array(answer, &["ApiDestinations"]).map(destination).collect()),
            "describerule" | "rule" => ("rules", vec![rule(answer)]),
            "eventbus" => ("buses", vec![bus(answer)]),
            "statemachine" => ("state_machines", vec![state_machine(answer)]),
            "getrestapi" | "restapi" => ("apis", vec![api(answer)]),
            "getrestapis" => ("apis", array(answer, &["items"]).map(api).collect()),
            "getresourceconfiguration" | "createresourceconfiguration" | "resourceconfiguration" => {
                ("resource_configs", vec![config(answer)])
            }
            "listresourceconfigurations" => ("resource_configs", array(answer, &["items"]).map(config).collect()),
            "getresourcegateway" | "createresourcegateway" | "resourcegateway" => ("gateways", vec![gateway(answer)]),
            "listresourcegateways" => ("gateways", array(answer, &["items"]).map(gateway).collect()),
            _ => return crate::network::take(self, call, answer) || self.add(call, answer),
        };
        let any = !items.is_empty();
        items.into_iter().for_each(|item| self.put(collection, item));
        any
    }

    /// What belongs to a resource that another answer told of. An API that none told of is made up.
    fn add(&mut self, call: &str, answer: &Value) -> bool {
        match call {
            "listtargetsbyrule" => {
                let targets: Map<String, Value> = array(answer, &["Targets"]).map(target).collect();
                self.one("rules").expect("a rule")["targets"] = Value::Object(targets);
            }
            "getstages" => self.api()["stages"] = Value::Object(array(answer, &["item"]).map(stage).collect()),
            "getstage" => self.api()["stages"] = Value::Object([stage(answer)].into_iter().collect()),
            "getresources" => self.api()["resources"] = Value::Object(array(answer, &["items"]).map(resource).collect()),
            "resource" => self.api()["resources"] = Value::Object([resource(answer)].into_iter().collect()),
            "method" => {
                let id = text(answer, &["ResourceId"]);
                let methods = json!({text(answer, &["HttpMethod"]): method(answer)});
                self.api()["resources"] = json!({format!("/{id}"): {"id": id, "methods": methods}});
            }
            "getdeployments" => {
                let of = |item: &Value| (text(item, &["id"]).to_owned(), json!({"created": null, "summary": unread()}));
                self.api()["deployments"] = Value::Object(array(answer, &["items"]).map(of).collect());
            }
            _ => return false,
        }
        true
    }

    fn api(&mut self) -> &mut Value {
        if self.one("apis").is_none() {
            self.put("apis", api(&json!({"id": "madeupapi0", "endpointConfiguration": {"types": ["PRIVATE"]}})));
            self.count -= 1;
        }
        self.count += 1;
        self.one("apis").expect("an API")
    }
}

fn masked(arn: &str, key: &str, value: &str) -> Value {
    serde_json::to_value(Masker::new(arn).parameter("parameter", key, value)).expect("a text is JSON")
}

fn connection(item: &Value) -> Value {
    let arn = text(item, &["ConnectionArn", "Arn"]);
    let auth = field(item, &["AuthParameters"]);
    let described = |value: Value| if auth.is_null() { unread() } else { value };
    let parameters = ["Header", "QueryString", "Body"].iter().zip(["header", "query", "body"]).flat_map(|(list, place)| {
        array(field(auth, &["InvocationHttpParameters"]), &[format!("{list}Parameters").as_str()]).map(move |item| (place, item))
    });
    let parameter = |(place, item): (&str, &Value)| {
        let key = text(item, &["Key"]);
        json!({"place": place, "key": key, "value": masked(arn, key, text(item, &["Value"])), "secret": field(item, &["IsValueSecret"])})
    };
    let path = field(field(item, &["InvocationConnectivityParameters"]), &["ResourceParameters"]);
    let connectivity = json!({"resource_config_arn": field(path, &["ResourceConfigurationArn"]), "association_arn": field(path, &["ResourceAssociationArn"])});
    let username = field(field(auth, &["BasicAuthParameters"]), &["Username"]).as_str().map(|name| masked(arn, "username", name));
    json!({
        "arn": arn, "name": field(item, &["Name"]), "state": or_unread(item, &["ConnectionState"]),
        "authorization": field(item, &["AuthorizationType"]),
        "connectivity": described(if path.is_null() { Value::Null } else { connectivity }),
        "api_key_name": described(field(field(auth, &["ApiKeyAuthParameters"]), &["ApiKeyName"]).clone()),
        "username": described(json!(username)), "oauth": described(Value::Null),
        "parameters": described(parameters.map(parameter).collect()), "secret_arn": described(field(item, &["SecretArn"]).clone())})
}

fn destination(item: &Value) -> Value {
    let arn = text(item, &["ApiDestinationArn", "Arn"]);
    json!({
        "arn": arn, "name": field(item, &["Name"]), "state": or_unread(item, &["ApiDestinationState"]),
        "connection_arn": field(item, &["ConnectionArn"]), "method": field(item, &["HttpMethod"]),
        "endpoint": Masker::new(arn).url("endpoint", text(item, &["InvocationEndpoint"])),
        "rate": field(item, &["InvocationRateLimitPerSecond"])})
}

fn bus(item: &Value) -> Value {
    json!({"arn": field(item, &["Arn"]), "name": field(item, &["Name"]), "policy": policy(item, &["Policy"]), "tags": tags(item)})
}

fn rule(item: &Value) -> Value {
    let targets =
        if field(item, &["Targets"]).is_null() { unread() } else { Value::Object(array(item, &["Targets"]).map(target).collect()) };
    json!({
        "arn": field(item, &["Arn"]), "name": field(item, &["Name"]), "bus": field(item, &["EventBusName"]), "state": field(item, &["State"]),
        "pattern": policy(item, &["EventPattern"]), "schedule": field(item, &["ScheduleExpression"]), "targets": targets, "tags": tags(item)})
}

fn target(item: &Value) -> (String, Value) {
    let (retry, transformer) = (field(item, &["RetryPolicy"]), field(item, &["InputTransformer"]));
    let retry =
        filled(&json!({"attempts": field(retry, &["MaximumRetryAttempts"]), "age_seconds": field(retry, &["MaximumEventAgeInSeconds"])}));
    let template = field(transformer, &["InputTemplate"]).as_str().map(|text| Masker::new("target").json("template", text));
    let input = json!({"path": field(item, &["InputPath"]), "template": template, "paths": field(transformer, &["InputPathsMap"])});
    let target = json!({
        "arn": field(item, &["Arn"]), "role_arn": field(item, &["RoleArn"]), "dead_letter": field(field(item, &["DeadLetterConfig"]), &["Arn"]),
        "retry": retry, "input": filled(&input)});
    (text(item, &["Id"]).to_owned(), target)
}

fn state_machine(item: &Value) -> Value {
    json!({
        "arn": field(item, &["Arn"]), "name": field(item, &["Name"]), "role_arn": field(item, &["RoleArn"]),
        "definition": policy(item, &["DefinitionString"]), "tags": tags(item)})
}

fn api(item: &Value) -> Value {
    let endpoints = field(item, &["endpointConfiguration"]);
    let types = field(endpoints, &["types"]);
    json!({
        "id": if field(item, &["id", "RestApiId"]).is_null() { "apigwId" } else { text(item, &["id", "RestApiId"]) },
        "name": text(item, &["name"]), "types": if types.is_null() { unread() } else { types.clone() },
        "vpc_endpoint_ids": list(endpoints, &["vpcEndpointIds"]), "policy": policy(item, &["policy"]),
        "default_endpoint_disabled": field(item, &["disableExecuteApiEndpoint"]).as_bool().unwrap_or_default(),
        "api_key_source": "HEADER", "policy_saved": unread(), "stages": unread(), "deployments": unread(), "resources": unread(),
        "authorizers": unread(), "validators": unread()})
}

fn stage(item: &Value) -> (String, Value) {
    let modified = field(item, &["lastUpdatedDate"]);
    let modified = if modified.is_string() { modified.clone() } else { Value::Null };
    (text(item, &["stageName"]).to_owned(), json!({"deployment_id": field(item, &["deploymentId"]), "modified": modified}))
}

/// Without `embed=methods` only the verbs are known.
fn resource(item: &Value) -> (String, Value) {
    let methods = field(item, &["resourceMethods"]).as_object().cloned().unwrap_or_default();
    let methods: Map<String, Value> = methods.into_iter().map(|(verb, item)| (verb, method(&item))).collect();
    let path = field(item, &["path"]).as_str().map_or_else(|| format!("/{}", text(item, &["pathPart"])), str::to_owned);
    (path, json!({"id": field(item, &["id", "ResourceId"]), "methods": methods}))
}

fn method(item: &Value) -> Value {
    let integration = field(item, &["methodIntegration", "Integration"]);
    let types: Vec<String> =
        field(integration, &["requestTemplates"]).as_object().into_iter().flatten().map(|(kind, _)| kind.clone()).collect();
    let known = json!({"kind": field(integration, &["type"]), "passthrough": field(integration, &["passthroughBehavior"]), "template_types": types});
    json!({
        "authorization": or_unread(item, &["authorizationType"]), "api_key_required": or_unread(item, &["apiKeyRequired"]),
        "integration": if integration.is_null() { unread() } else { known }})
}

fn config(item: &Value) -> Value {
    let definition = field(item, &["resourceConfigurationDefinition"]);
    let told = |value: &Value| if definition.is_null() { unread() } else { value.clone() };
    let (dns, ip) = (field(definition, &["dnsResource"]), field(definition, &["ipResource"]));
    let address = if ip.is_string() { ip } else { field(ip, &["ipAddress"]) };
    json!({
        "arn": field(item, &["arn"]), "id": field(item, &["id"]), "name": field(item, &["name"]),
        "kind": field(item, &["type", "ResourceConfigurationType"]), "status": or_unread(item, &["status"]),
        "gateway_id": field(item, &["resourceGatewayId"]), "amazon_managed": field(item, &["amazonManaged"]).as_bool().unwrap_or_default(),
        "domain": told(field(dns, &["domainName"])), "ip_address_type": told(field(dns, &["ipAddressType"])), "ip_address": told(address),
        "port_ranges": told(&list(item, &["portRanges"])), "created": field(item, &["createdAt"]), "modified": field(item, &["lastUpdatedAt"])})
}

/// AWS's documentation has a misspelt `seurityGroupIds`; a list that is not there is unknown.
fn gateway(item: &Value) -> Value {
    let dns = field(item, &["ResourceConfigDnsResolution"]).as_str().unwrap_or("PUBLIC");
    json!({
        "arn": field(item, &["arn"]), "id": field(item, &["id"]), "name": field(item, &["name"]), "status": or_unread(item, &["status"]),
        "vpc_id": field(item, &["vpcId", "vpcIdentifier"]), "subnet_ids": list(item, &["subnetIds"]),
        "security_group_ids": or_unread(item, &["securityGroupIds"]), "ip_address_type": field(item, &["ipAddressType"]),
        "ipv4_per_interface": field(item, &["ipv4AddressesPerEni"]), "dns_resolution": dns, "created": field(item, &["createdAt"])})
}
