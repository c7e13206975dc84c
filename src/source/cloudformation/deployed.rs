//! Where what is deployed is declared: found by the stack and the logical id of each resource.
//!
//! CloudFormation writes both into tags, which <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html>
//! reserves for it; what cannot have tags, such as connections, is asked for.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::Templates;
use super::templates::Located;
use crate::arn::Arn;
use crate::config::suppress::TagIndex;
use crate::estate::Estate;
use crate::model::{Kind, ResourceId, Scope};
use crate::report::ReportedFinding;
use crate::report::location::{Declared, Locate, Location};

const STACK: &str = "aws:cloudformation:stack-name";
const LOGICAL_ID: &str = "aws:cloudformation:logical-id";

/// Resources that are asked for one by one in a region: those beyond would take longer than a scan.
const MOST: usize = 50;

/// A resource of a stack.
#[derive(Clone, Debug)]
pub struct Member {
    /// What `Ref` gives: a name, an id, an ARN or a URL.
    pub physical_id: String,
    /// Its type, `AWS::…`.
    pub kind: String,
    /// The stack's name.
    pub stack: String,
    /// Its name in the stack's template.
    pub logical_id: String,
}

/// Knows the stacks of an account and region.
pub trait Stacks {
    /// All members of the stack that has a resource with this physical id; none where no stack has.
    ///
    /// # Errors
    /// Why it cannot be told, in a sentence.
    fn members(&self, scope: &Scope, physical_id: &str) -> Result<Vec<Member>, String>;

    /// The text of a stack's template, as it was given.
    ///
    /// # Errors
    /// Why it cannot be told, in a sentence.
    fn template(&self, scope: &Scope, stack: &str) -> Result<String, String> {
        Err(format!("the template of {stack} in {} cannot be asked for", scope.region))
    }
}

/// The places in templates of what is deployed.
pub struct Deployed<'a> {
    templates: &'a Templates,
    located: Located<'a>,
    /// What the templates declare by kind and logical id: the stack, and the id that stands for it.
    twins: BTreeMap<(Kind, &'a str), Vec<(usize, &'a str)>>,
    tags: TagIndex<'a>,
    /// Nothing where only tags can tell.
    stacks: Option<&'a dyn Stacks>,
    told: RefCell<Told>,
}

/// Stack and logical id.
type Home = (String, String);

/// What was asked and answered so far.
#[derive(Default)]
struct Told {
    homes: HashMap<(Scope, Kind, String), Home>,
    asked: HashSet<(Scope, String)>,
    refused: BTreeMap<Scope, String>,
}

impl<'a> Deployed<'a> {
    /// Looks for what `estate` holds in `templates`.
    pub fn new(estate: &'a Estate<'a>, templates: &'a Templates, stacks: Option<&'a dyn Stacks>) -> Self {
        let mut twins: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (kind, id, home) in templates.homes() {
            twins.entry((kind, home.logical_id.as_str())).or_default().push((home.stack, id));
        }
        twins.values_mut().for_each(|twins| twins.sort_unstable());
        let (located, tags) = (templates.located(), TagIndex::new(estate));
        Deployed { templates, located, twins, tags, stacks, told: RefCell::default() }
    }

    /// Where stacks could not be asked for, and why, and how many findings are about what no template declares.
    pub fn warnings(&self, findings: &[ReportedFinding]) -> Vec<String> {
        let told = self.told.borrow();
        let refused = |(scope, why): (&Scope, &String)| {
            format!("--source: stacks in {} {} are known by tags alone: {why}", scope.account, scope.region)
        };
        let elsewhere = |finding: &&ReportedFinding| finding.evidence.first().is_some_and(|evidence| evidence.location.is_none());
        let elsewhere = match findings.iter().filter(elsewhere).count() {
            0 => None,
            number => Some(format!("--source: findings on resources that no template there is known to declare: {number}")),
        };
        told.refused.iter().map(refused).chain(elsewhere).collect()
    }

    /// The same resource as the templates have it; of a part the whole that it belongs to, where it has no entry of its own.
    pub fn twin(&self, resource: &ResourceId) -> Option<ResourceId> {
        let whole = |id: &str, kind| self.twin(&ResourceId { id: id.to_owned(), kind, ..resource.clone() });
        match resource.kind {
            Kind::Target => {
                let (rule, target) = resource.id.split_once('#')?;
                let rule = whole(rule, Kind::Rule)?;
                Some(ResourceId { id: format!("{}#{target}", rule.id), kind: Kind::Target, ..rule })
            }
            Kind::Stage => {
                let (api, stage) = resource.id.split_once("/stages/")?;
                let api = whole(api, Kind::Api)?;
                Some(ResourceId { id: format!("{}/stages/{stage}", api.id), kind: Kind::Stage, ..api })
            }
            Kind::Method => {
                let arn = Arn::parse(&resource.id)?;
                whole(&format!("arn:{}:apigateway:{}::/restapis/{}", arn.partition, arn.region, arn.name()), Kind::Api)
            }
            kind => {
                let (stack, logical_id) = self.home(resource)?;
                let id = self.declared_in(kind, &stack, &logical_id)?;
                Some(ResourceId { id: id.to_owned(), ..resource.clone() })
            }
        }
    }

    /// What a template declares under that name: the one of the stack, else the only one. A stack seldom has the name of a
    /// file, and nested ones get names of their own.
    fn declared_in(&self, kind: Kind, stack: &str, logical_id: &str) -> Option<&'a str> {
        let twins = self.twins.get(&(kind, logical_id))?;
        let named = |(index, _): &&(usize, &str)| self.templates.assembly.stacks.get(*index).is_some_and(|own| own.name == stack);
        let stacks = twins.iter().map(|(index, _)| index).collect::<HashSet<_>>().len();
        twins.iter().find(named).or_else(|| twins.first().filter(|_| stacks == 1)).map(|(_, id)| *id)
    }

    fn home(&self, resource: &ResourceId) -> Option<Home> {
        let tag = |key| self.tags.of(resource)?.get(key).cloned();
        if let (Some(stack), Some(logical_id)) = (tag(STACK), tag(LOGICAL_ID)) {
            return Some((stack, logical_id));
        }
        let scope = Scope { account: resource.account.clone(), region: resource.region.clone() };
        let names = physical_ids(resource);
        if let Some(home) = self.known(&scope, resource.kind, &names) {
            return Some(home);
        }
        let name = names.first()?;
        self.ask(&scope, name);
        self.known(&scope, resource.kind, &names)
    }

    fn known(&self, scope: &Scope, kind: Kind, names: &[String]) -> Option<Home> {
        let told = self.told.borrow();
        names.iter().find_map(|name| told.homes.get(&(scope.clone(), kind, name.clone())).cloned())
    }

    /// Asks for the stack of a resource, and so for all that the stack has.
    fn ask(&self, scope: &Scope, name: &str) {
        let Some(stacks) = self.stacks.filter(|_| !scope.region.is_empty()) else { return };
        {
            let mut told = self.told.borrow_mut();
            let asked = told.asked.iter().filter(|(asked, _)| asked == scope).count();
            if told.refused.contains_key(scope) || !told.asked.insert((scope.clone(), name.to_owned())) {
                return;
            }
            if asked >= MOST {
                told.refused.insert(scope.clone(), format!("more than {MOST} resources would have to be asked for one by one"));
                return;
            }
        }
        let answer = stacks.members(scope, name);
        let mut told = self.told.borrow_mut();
        match answer {
            Ok(members) => members.into_iter().for_each(|member| told.add(scope, member)),
            Err(why) => drop(told.refused.insert(scope.clone(), why)),
        }
    }
}

impl Told {
    fn add(&mut self, scope: &Scope, member: Member) {
        let Some(kind) = kind_of(&member.kind) else { return };
        let physical = member.physical_id.as_str();
        // A rule of a named bus is `bus|rule`, a queue is its URL.
        let name = physical.rsplit(['|', '/']).next().unwrap_or(physical);
        let region = if kind == Kind::Role { String::new() } else { scope.region.clone() };
        for name in [physical, name] {
            let scope = Scope { region: region.clone(), ..scope.clone() };
            self.homes.insert((scope, kind, name.to_owned()), (member.stack.clone(), member.logical_id.clone()));
        }
    }
}

impl Locate for Deployed<'_> {
    fn places(&self, resource: &ResourceId, pointer: &str) -> Vec<Location> {
        let Some(twin) = self.twin(resource) else { return Vec::new() };
        let pointer = if twin.kind == resource.kind { pointer } else { "" };
        self.located.places(&twin, pointer)
    }

    fn declared(&self, resource: &ResourceId) -> Option<Declared> {
        let twin = self.twin(resource)?;
        if twin.kind == resource.kind { self.located.declared(&twin) } else { None }
    }
}

/// What CloudFormation may call a resource, the most likely first.
pub fn physical_ids(resource: &ResourceId) -> Vec<String> {
    let id = &resource.id;
    let Some(arn) = Arn::parse(id) else { return vec![id.clone()] };
    let last = arn.resource.rsplit('/').next().unwrap_or(arn.resource);
    match resource.kind {
        Kind::Rule => {
            let name = arn.name().to_owned();
            let bus = arn.resource.strip_prefix("rule/").and_then(|rest| rest.rsplit_once('/')).map(|(bus, _)| bus);
            bus.map(|bus| format!("{bus}|{name}")).into_iter().chain([name]).collect()
        }
        Kind::ResourceConfig | Kind::Gateway | Kind::StateMachine => vec![id.clone(), last.to_owned()],
        Kind::Endpoint | Kind::SecurityGroup | Kind::Subnet | Kind::Vpc | Kind::Network | Kind::Api => vec![last.to_owned()],
        Kind::Queue => {
            let suffix = if arn.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
            vec![format!("https://sqs.{}.{suffix}/{}/{}", arn.region, arn.account, arn.resource), arn.resource.to_owned()]
        }
        _ => vec![arn.name().to_owned(), id.clone()],
    }
}

/// The kind of the model that a type of CloudFormation makes.
fn kind_of(name: &str) -> Option<Kind> {
    Some(match name {
        "AWS::Events::EventBus" => Kind::Bus,
        "AWS::Events::Rule" => Kind::Rule,
        "AWS::Events::ApiDestination" => Kind::Destination,
        "AWS::Events::Connection" => Kind::Connection,
        "AWS::Pipes::Pipe" => Kind::Pipe,
        "AWS::StepFunctions::StateMachine" => Kind::StateMachine,
        "AWS::VpcLattice::ResourceConfiguration" => Kind::ResourceConfig,
        "AWS::VpcLattice::ResourceGateway" => Kind::Gateway,
        "AWS::EC2::VPCEndpoint" => Kind::Endpoint,
        "AWS::EC2::SecurityGroup" => Kind::SecurityGroup,
        "AWS::EC2::Subnet" => Kind::Subnet,
        "AWS::EC2::VPC" => Kind::Vpc,
        "AWS::EC2::NetworkAcl" | "AWS::EC2::RouteTable" => Kind::Network,
        "AWS::ApiGateway::RestApi" => Kind::Api,
        "AWS::ApiGateway::DomainName" | "AWS::ApiGateway::DomainNameV2" => Kind::Domain,
        "AWS::IAM::Role" => Kind::Role,
        "AWS::SQS::Queue" => Kind::Queue,
        "AWS::KMS::Key" => Kind::Key,
        _ => return None,
    })
}
