//! Stacks that CloudFormation tells of: nested ones, with parameters, in several regions, or not at rest.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use pgwaudit::drift::Change;
use pgwaudit::drift::declared::{Declared, declare, fetch};
use pgwaudit::model::{Kind, Reason, Scope, Snapshot, SourceKind, Unknown};
use pgwaudit::report::location::Locate;
use pgwaudit::source::cloudformation::deployed::Member;
use pgwaudit::source::cloudformation::stacks::{Deployments, Described};
use pgwaudit::source::cloudformation::{Assembly, Inputs, Templates, lower, read};
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";

/// What is deployed, and CloudFormation.
struct Cloud {
    snapshot: Snapshot,
    stacks: BTreeMap<String, (Described, String)>,
    scopes: Vec<Scope>,
    /// The stack that nobody may ask for.
    refused: Option<String>,
}

impl Deployments for Cloud {
    fn scopes(&self) -> Vec<Scope> {
        self.scopes.clone()
    }

    fn stack(&self, _: &Scope, name: &str) -> Result<Option<Described>, Unknown> {
        match &self.refused {
            Some(refused) if refused == name => Err(Unknown::new("cloudformation:DescribeStacks", Reason::Denied, "not allowed")),
            _ => Ok(self.stacks.get(name).map(|(stack, _)| stack.clone())),
        }
    }

    fn template(&self, _: &Scope, name: &str) -> Result<String, Unknown> {
        self.stacks.get(name).map(|(_, text)| text.clone()).ok_or_else(|| Unknown::unresolved("none"))
    }

    fn read(&self, _: &Scope, _: &str, _: &str) -> Result<Option<Value>, Unknown> {
        Ok(None)
    }
}

fn arn(name: &str) -> String {
    format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/1f7a3a10-0000-4000-8000-000000000000")
}

/// The name of a stack: of a nested one as CloudFormation makes it.
fn name(assembly: &Assembly, index: usize) -> String {
    match &assembly.stacks[index].parent {
        None => "orders".to_owned(),
        Some((_, id)) => format!("orders-{id}-1A2B3C4D5E6F"),
    }
}

fn physical_id(kind: Kind, id: &str) -> Option<String> {
    let last = |text: &str| text.rsplit(['/', ':']).next().map(str::to_owned);
    match kind {
        Kind::Connection | Kind::Destination => id.split('/').nth(1).map(str::to_owned),
        Kind::Gateway | Kind::ResourceConfig | Kind::StateMachine => Some(id.to_owned()),
        Kind::Rule | Kind::Role | Kind::Api | Kind::Endpoint | Kind::SecurityGroup => last(id),
        _ => None,
    }
}

/// Deploys templates: ids are made up from names that the templates do not know.
fn deploy(file: &Path, parameters: &[(&str, &str)]) -> Cloud {
    let mut assembly = read(&inputs(file)).expect("templates");
    let parameters: BTreeMap<String, String> = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for index in 0..assembly.stacks.len() {
        let own = name(&assembly, index);
        let stack = &mut assembly.stacks[index];
        (stack.name, stack.account, stack.region) = (own, Some(ACCOUNT.to_owned()), Some(REGION.to_owned()));
        if stack.parent.is_none() {
            stack.parameters = parameters.clone();
        }
    }
    let mut snapshot = lower(&assembly, Timestamp::UNIX_EPOCH).snapshot;
    snapshot.source.kind = SourceKind::Live;
    let templates = Templates::of(assembly);
    let mut stacks = BTreeMap::new();
    for (index, stack) in templates.assembly.stacks.iter().enumerate() {
        let own = templates.homes().filter(|(.., home)| home.stack == index);
        let mut members: Vec<(String, String, String)> = own
            .filter_map(|(kind, id, home)| Some((home.logical_id.clone(), physical_id(kind, id)?, type_of(stack, &home.logical_id))))
            .collect();
        let nested = templates.assembly.stacks.iter().enumerate().filter_map(|(child, stack)| Some((child, stack.parent.as_ref()?)));
        members.extend(
            nested
                .filter(|(_, (parent, _))| *parent == index)
                .map(|(child, (_, id))| (id.clone(), arn(&templates.assembly.stacks[child].name), "AWS::CloudFormation::Stack".to_owned())),
        );
        let member = |(logical_id, physical_id, kind)| Member { physical_id, kind, stack: stack.name.clone(), logical_id };
        let described = Described {
            name: stack.name.clone(),
            id: arn(&stack.name),
            status: "UPDATE_COMPLETE".to_owned(),
            parameters: stack.parameters.clone(),
            tags: BTreeMap::from([("team".to_owned(), "orders".to_owned())]),
            members: members.into_iter().map(member).collect(),
        };
        let text = fs::read_to_string(&stack.file).expect("a template");
        for key in [stack.name.clone(), arn(&stack.name)] {
            stacks.insert(key, (described.clone(), text.clone()));
        }
    }
    Cloud { snapshot, stacks, scopes: vec![Scope { account: ACCOUNT.to_owned(), region: REGION.to_owned() }], refused: None }
}

fn type_of(stack: &pgwaudit::source::cloudformation::Stack, logical_id: &str) -> String {
    let resource = stack.template.get("Resources").and_then(|resources| resources.get(logical_id)).expect("a resource");
    resource.get("Type").and_then(|node| node.text()).expect("a type").to_owned()
}

fn inputs(file: &Path) -> Inputs {
    Inputs { paths: vec![file.display().to_string()], ..Inputs::default() }
}

/// A stack with its connection in a nested one, which gets the resource configuration as a parameter.
fn templates(folder: &Path) -> std::path::PathBuf {
    let child = json!({
        "Parameters": {"Config": {"Type": "String"}, "Secret": {"Type": "String", "NoEcho": true}},
        "Resources": {
            "Link": {"Type": "AWS::Events::Connection", "Properties": {"AuthorizationType": "API_KEY",
                "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "x-api-key", "ApiKeyValue": {"Ref": "Secret"}}},
                "InvocationConnectivityParameters": {"ResourceParameters": {"ResourceConfigurationArn": {"Ref": "Config"}}}}},
            "Goal": {"Type": "AWS::Events::ApiDestination", "Properties": {"ConnectionArn": {"Fn::GetAtt": ["Link", "Arn"]},
                "HttpMethod": "POST", "InvocationEndpoint": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod/orders"}}},
        "Outputs": {"Goal": {"Value": {"Fn::GetAtt": ["Goal", "Arn"]}}}});
    let parent = json!({
        "Parameters": {"Domain": {"Type": "String", "Default": "wrong.example.com"}},
        "Resources": {
            "Gateway": {"Type": "AWS::VpcLattice::ResourceGateway", "Properties": {"Name": "orders", "VpcIdentifier": "vpc-1",
                "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"], "Tags": [{"Key": "tier", "Value": "one"}]}},
            "Config": {"Type": "AWS::VpcLattice::ResourceConfiguration", "Properties": {"Name": "orders", "PortRanges": ["443"],
                "ResourceGatewayId": {"Ref": "Gateway"}, "ResourceConfigurationDefinition": {"DnsResource":
                    {"DomainName": {"Ref": "Domain"}, "IpAddressType": "IPV4"}}}},
            "Nested": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "child.json",
                "Parameters": {"Config": {"Fn::GetAtt": ["Config", "Arn"]}, "Secret": "hunter2"}}},
            "Rule": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"source": ["orders"]},
                "Targets": [{"Id": "T", "Arn": {"Fn::GetAtt": ["Nested", "Outputs.Goal"]}, "RoleArn": {"Fn::ImportValue": "shared-role"}, "HttpParameters": {"HeaderParameters": {
                    "x-tenant": {"Fn::ImportValue": "tenant"}, "x-kind": "order"}}}]}}}});
    fs::write(folder.join("child.json"), format!("{child:#}")).expect("written");
    fs::write(folder.join("orders.json"), format!("{parent:#}")).expect("written");
    folder.join("orders.json")
}

/// Both ways to compare: files, and what CloudFormation has.
fn both(cloud: &Cloud, file: &Path, present: &Snapshot) -> [Declared; 2] {
    let files = Templates::load(&inputs(file)).expect("templates");
    let fetched = Templates::of(fetch("orders", cloud).expect("a stack"));
    [files, fetched].map(|templates| declare(templates, present.clone(), Some(cloud), None).expect("a baseline"))
}

fn region(snapshot: &mut Snapshot) -> &mut pgwaudit::model::Region {
    snapshot.accounts.get_mut(ACCOUNT).and_then(|account| account.regions.get_mut(REGION)).expect("a region")
}

/// What could not be compared, but for what templates never tell.
fn gaps(declared: &Declared) -> Vec<String> {
    let unread = declared.compare().unread;
    unread.iter().filter(|gap| gap.unknown.gap().reason != Reason::NotCovered).map(|gap| gap.unknown.gap().why.clone()).collect()
}

#[test]
fn nested_stacks_are_known_by_their_parents_with_the_parameters_that_they_were_given() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = templates(folder.path());
    let cloud = deploy(&file, &[("Domain", "right.example.com")]);
    for declared in both(&cloud, &file, &cloud.snapshot) {
        let comparison = declared.compare();
        assert_eq!(comparison.differences, vec![]);
        // The role is another stack's, and nobody asked for its exports.
        let told = "the template refers to a value that only the deployment knew";
        assert_eq!(gaps(&declared), ["none of these templates exports shared-role", told]);
    }
    let mut present = serde_json::to_value(&cloud.snapshot).expect("JSON");
    let rules = present["accounts"][ACCOUNT]["regions"][REGION]["rules"].as_object_mut().expect("rules");
    rules.values_mut().for_each(|rule| rule["targets"]["T"]["headers"]["x-tenant"] = json!("acme"));
    let mut present: Snapshot = serde_json::from_value(present).expect("a snapshot");
    let pgwaudit::model::Known::Value(destinations) = &mut region(&mut present).destinations else { panic!("destinations") };
    let pgwaudit::model::Known::Value(destination) = destinations.values_mut().next().expect("one") else { panic!("a destination") };
    destination.rate = pgwaudit::model::Known::Value(Some(7));
    let [files, fetched] = both(&cloud, &file, &present);
    for (declared, place) in [(&files, Some("child.json")), (&fetched, None)] {
        let comparison = declared.compare();
        let [one] = comparison.differences.as_slice() else { panic!("{:?}", comparison.differences) };
        assert_eq!((one.pointer.as_str(), &one.shown), ("/rate", &("300".to_owned(), "7".to_owned())));
        let places = declared.places(&comparison, place.is_some()).places(&one.resource, &one.pointer);
        assert_eq!(places.first().map(|place| place.file.ends_with("child.json")), place.map(|_| true), "{places:?}");
    }
}

#[test]
fn a_nested_stack_that_nobody_may_ask_for_is_warned_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = templates(folder.path());
    let mut cloud = deploy(&file, &[("Domain", "right.example.com")]);
    cloud.refused = cloud.stacks.keys().find(|name| name.contains(":stack/orders-Nested-")).cloned();
    assert!(cloud.refused.is_some());
    let files = Templates::load(&inputs(&file)).expect("templates");
    let declared = declare(files, cloud.snapshot.clone(), Some(&cloud), None).expect("a baseline");
    let told =
        "stacks in 111122223333 eu-west-1 are known by tags and names alone, with the parameters of --parameters and defaults: not allowed";
    assert_eq!(declared.warnings, [told]);
    let denied = denied(&declared);
    assert!(denied.contains(&(Change::Identity, None)), "{denied:?}");
    assert_eq!(declared.compare().differences, vec![]);
}

/// What could not be compared because CloudFormation did not tell: the change, and the resource where there is one.
fn denied(declared: &Declared) -> Vec<(Change, Option<Kind>)> {
    let unread = declared.compare().unread.into_iter().filter(|gap| gap.unknown.gap().reason == Reason::Denied);
    unread.map(|gap| (gap.change, gap.resource.map(|resource| resource.kind))).collect()
}

#[test]
fn what_only_a_stack_tells_is_not_assessed_where_it_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("orders.json");
    let template = json!({"Resources": {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "orders", "EndpointConfiguration": {"Types": ["PRIVATE"]}}},
        "Method": {"Type": "AWS::ApiGateway::Method", "Properties": {"RestApiId": {"Ref": "Api"}, "HttpMethod": "GET",
            "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]}, "AuthorizationType": "NONE", "Integration": {"Type": "MOCK"}}},
        "Deployment": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": "Method", "Properties": {"RestApiId": {"Ref": "Api"}}},
        "Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {"RestApiId": {"Ref": "Api"}, "StageName": "prod",
            "DeploymentId": {"Ref": "Deployment"}}},
        "Gateway": {"Type": "AWS::VpcLattice::ResourceGateway", "Properties": {"Name": "orders", "VpcIdentifier": "vpc-1",
            "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}}});
    fs::write(&file, template.to_string()).expect("written");
    let mut cloud = deploy(&file, &[]);
    for (described, _) in cloud.stacks.values_mut() {
        let (kind, stack) = ("AWS::ApiGateway::Deployment".to_owned(), described.name.clone());
        let (physical_id, logical_id) = ("f1r5t0".to_owned(), "Deployment".to_owned());
        described.members.push(Member { physical_id, kind, stack, logical_id });
    }
    let mut present = serde_json::to_value(&cloud.snapshot).expect("JSON");
    let now = &mut present["accounts"][ACCOUNT]["regions"][REGION];
    for gateway in now["gateways"].as_object_mut().expect("gateways").values_mut() {
        gateway["tags"] = json!({"team": "orders"});
    }
    for api in now["apis"].as_object_mut().expect("APIs").values_mut() {
        let own = api["stages"]["prod"]["deployment_id"].as_str().expect("an id").to_owned();
        api["deployments"]["d3pl0y"] = api["deployments"][own].clone();
        api["stages"]["prod"]["deployment_id"] = json!("d3pl0y");
    }
    let present: Snapshot = serde_json::from_value(present).expect("a snapshot");
    let declared = |cloud: Option<&Cloud>| {
        let templates = Templates::load(&inputs(&file)).expect("templates");
        declare(templates, present.clone(), cloud.map(|cloud| -> &dyn Deployments { cloud }), None).expect("a baseline")
    };
    let found = |cloud: Option<&Cloud>| declared(cloud).compare().differences.iter().map(|one| one.change).collect::<Vec<_>>();
    assert_eq!((found(Some(&cloud)), found(None)), (vec![Change::Deployment], vec![]));
    for told in [Some(&cloud), None] {
        assert_eq!(denied(&declared(told)), []);
    }
    cloud.refused = Some("orders".to_owned());
    assert_eq!(found(Some(&cloud)), []);
    let stage = (Change::Deployment, Some(Kind::Stage));
    let tags = (Change::Field, Some(Kind::Gateway));
    let mut denied = denied(&declared(Some(&cloud)));
    denied.sort();
    assert_eq!(denied, [(Change::Identity, None), stage, tags]);
    // Nobody said that there is no such stack.
    let templates = Templates::load(&inputs(&file)).expect("templates");
    let named = declare(templates, present, Some(&cloud), Some("orders")).map(|declared| declared.compare().differences);
    assert_eq!(named.map_err(|error| error.to_string()), Ok(vec![]));
}

#[test]
fn tags_of_the_stack_are_its_resources_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = templates(folder.path());
    let cloud = deploy(&file, &[("Domain", "right.example.com")]);
    for (value, expected) in [("orders", 0), ("others", 1)] {
        let mut present = cloud.snapshot.clone();
        let pgwaudit::model::Known::Value(gateways) = &mut region(&mut present).gateways else { panic!("gateways") };
        let pgwaudit::model::Known::Value(gateway) = gateways.values_mut().next().expect("one") else { panic!("a gateway") };
        let pgwaudit::model::Known::Value(tags) = &mut gateway.tags else { panic!("tags") };
        tags.insert("team".to_owned(), value.to_owned());
        for declared in both(&cloud, &file, &present) {
            assert_eq!(declared.compare().differences.len(), expected, "{value}");
        }
    }
}

#[test]
fn a_stack_that_cannot_be_compared_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = templates(folder.path());
    let mut cloud = deploy(&file, &[]);
    let error = |cloud: &Cloud, name: &str| fetch(name, cloud).map(|_| ()).expect_err("an error").to_string();
    assert!(error(&cloud, "nowhere").starts_with("there is no stack `nowhere` in 111122223333 eu-west-1\n"));
    cloud.scopes.push(Scope { account: ACCOUNT.to_owned(), region: "us-east-1".to_owned() });
    assert!(error(&cloud, "orders").starts_with("there are 2 stacks `orders`\n"));
    cloud.scopes.pop();
    let (described, _) = cloud.stacks.get_mut("orders").expect("a stack");
    described.status = "UPDATE_IN_PROGRESS".to_owned();
    assert!(error(&cloud, "orders").contains("UPDATE_IN_PROGRESS: it is being changed"));
    let templates = Templates::load(&inputs(&file)).expect("templates");
    let error = declare(templates, cloud.snapshot.clone(), Some(&cloud), None).map(|_| ()).expect_err("an error").to_string();
    assert!(error.contains("UPDATE_IN_PROGRESS"), "{error}");
}
