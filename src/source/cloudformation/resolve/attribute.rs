//! What `Ref` and `Fn::GetAtt` give for a resource that does not exist yet.
//!
//! The names and ids have the form that AWS will give them; all that name one resource are made of one seed. A resource
//! whose name is not known has a stand-in all the same: it is still one resource.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>

use super::super::super::document::Node;
use super::super::super::planned::{Resolved, stand_in};
use super::super::Real;
use super::super::scope::Declared;
use super::super::types::{self, Shape};
use super::{Mode, Resolver};

impl<'a> Resolver<'a> {
    /// An attribute of a resource; what `Ref` gives where `name` is empty.
    pub(super) fn attribute(&self, stack: usize, resource: Declared<'a>, name: &str) -> Resolved {
        let nests = matches!(resource.kind, "AWS::CloudFormation::Stack" | "AWS::Serverless::Application");
        if let Some(output) = name.strip_prefix("Outputs.").filter(|_| nests) {
            return self.output(stack, resource.id, output);
        }
        if types::is_custom(resource.kind) {
            return Resolved::unresolved(format!("{} is a custom resource, which answers at deployment", resource.id));
        }
        if let Some(property) = types::same_as_property(resource.kind, name) {
            return match self.property(stack, resource, &[property]) {
                Resolved::Absent => Resolved::unresolved(format!("{}.{name} is known after deployment only", resource.id)),
                value => value,
            };
        }
        match types::shape(resource.kind) {
            Some(shape) if name.is_empty() && shape.reference == "Arn" => self.arn(stack, resource).into(),
            Some(shape) if name.is_empty() && shape.reference == "Id" => self.id(stack, resource).into(),
            Some(shape) if name.is_empty() && shape.reference == "Name" => self.name(stack, resource).into(),
            Some(shape) if shape.arns.contains(&name) => self.arn(stack, resource).into(),
            Some(shape) if shape.ids.contains(&name) => self.id(stack, resource).into(),
            Some(shape) if shape.names.contains(&name) => self.name(stack, resource).into(),
            _ => self.special(stack, resource, name),
        }
    }

    /// Attributes that only some types have, and what is known of types outside of the chain.
    fn special(&self, stack: usize, resource: Declared<'a>, name: &str) -> Resolved {
        let Some(scope) = self.scopes.get(stack) else { return Resolved::Absent };
        let seed = scope.seed_of(resource.id);
        match (resource.kind, name) {
            (types::ENDPOINT, "DnsEntries") => self.dns_entries(stack, resource),
            ("AWS::SQS::Queue", "" | "QueueUrl") => {
                format!("https://sqs.{}.{}/{}/{}", scope.region, scope.suffix, scope.account, self.name(stack, resource)).into()
            }
            ("AWS::Events::Connection", "SecretArn") => self.connection_secret(stack, resource).into(),
            ("AWS::Events::Connection" | "AWS::Events::ApiDestination", "ArnForPolicy") => {
                let arn = self.arn(stack, resource);
                arn.rsplit_once('/').map_or(arn.as_str(), |(arn, _)| arn).into()
            }
            ("AWS::ApiGateway::RestApi" | "AWS::Serverless::Api", "RootResourceId") => self.mint.word(&format!("{seed}/root"), 10).into(),
            (types::VPC, "DefaultSecurityGroup") => self.mint.id("sg", &format!("{seed}/default")).into(),
            (types::VPC, "DefaultNetworkAcl") => self.mint.id("acl", &format!("{seed}/default")).into(),
            (types::VPC, "Ipv6CidrBlocks") => Resolved::List(vec![self.mint.block(&self.id(stack, resource)).into()]),
            ("AWS::Serverless::Api", "Stage") => self.property(stack, resource, &["StageName"]),
            (_, "") => self.name(stack, resource).into(),
            ("AWS::Serverless::Function", "Alias" | "Version") => {
                let alias = self.property(stack, resource, &["AutoPublishAlias"]).text().ok().flatten().filter(|_| name == "Alias");
                format!("{}:{}", self.arn(stack, resource), alias.unwrap_or_else(|| "1".to_owned())).into()
            }
            (kind, "Arn") if is_of_aws(kind) => self.arn_of(stack, &service(kind), &self.name(stack, resource)).into(),
            // What it is exactly matters to nothing here, but it is of this service.
            (kind, name) if is_of_aws(kind) && is_arn(name) && types::shape(kind).is_none() => {
                self.arn_of(stack, &service(kind), &format!("{}/{name}", self.name(stack, resource))).into()
            }
            _ => Resolved::unresolved(format!("{}.{name} is known after deployment only", resource.id)),
        }
    }

    /// A property of a resource, without looking at the others.
    pub fn property(&self, stack: usize, resource: Declared<'a>, way: &[&str]) -> Resolved {
        let mut node = resource.node.get("Properties");
        for (depth, key) in way.iter().enumerate() {
            match node.map(Node::entries) {
                Some(entries) if entries.iter().any(|(name, _)| name.text.starts_with("Fn::")) => {
                    let value = node.map_or(Resolved::Absent, |node| self.value(stack, node, Mode::Plain));
                    return value.at(way.get(depth..).unwrap_or_default()).clone();
                }
                _ => node = node.and_then(|node| node.get(key)),
            }
        }
        node.map_or(Resolved::Absent, |node| self.value(stack, node, Mode::Plain))
    }

    /// What a resource is, where it is deployed already.
    fn real(&self, stack: usize, resource: Declared<'a>) -> Option<&'a Real> {
        self.reals?.of(stack, resource.id)
    }

    /// The name of a resource: as it is written, else as AWS would make one.
    pub fn name(&self, stack: usize, resource: Declared<'a>) -> String {
        let Some(scope) = self.scopes.get(stack) else { return String::new() };
        let property = types::shape(resource.kind).map_or("Name", |shape| shape.name);
        match self.property(stack, resource, &[property]).text() {
            Ok(Some(name)) if !name.is_empty() => name,
            _ => match self.real(stack, resource).and_then(|real| real.name.clone()) {
                Some(name) => name,
                None => self.mint.name(&scope.stack.name, resource.id, &scope.seed_of(resource.id)),
            },
        }
    }

    /// The id of a resource.
    pub fn id(&self, stack: usize, resource: Declared<'a>) -> String {
        let Some(scope) = self.scopes.get(stack) else { return String::new() };
        if let Some(id) = self.real(stack, resource).and_then(|real| real.id.clone()) {
            return id;
        }
        let seed = scope.seed_of(resource.id);
        match types::shape(resource.kind).map(|shape| shape.id) {
            Some("uuid") => self.mint.uuid(&seed),
            Some("word6") => self.mint.word(&seed, 6),
            Some("") | None => self.name(stack, resource),
            Some("word10") => self.mint.word(&seed, 10),
            Some(prefix) => self.mint.id(prefix, &seed),
        }
    }

    /// The ARN of a resource.
    pub fn arn(&self, stack: usize, resource: Declared<'a>) -> String {
        let Some(scope) = self.scopes.get(stack) else { return String::new() };
        if let Some(arn) = self.real(stack, resource).and_then(|real| real.arn.clone()) {
            return arn;
        }
        let seed = scope.seed_of(resource.id);
        let Some(Shape { arn, .. }) = types::shape(resource.kind) else { return self.name(stack, resource) };
        let mut rest = (*arn).to_owned();
        let fill = |rest: &mut String, hole: &str, text: &dyn Fn() -> String| {
            if rest.contains(hole) {
                *rest = rest.replace(hole, &text());
            }
        };
        fill(&mut rest, "{bus}", &|| self.bus_part(stack, resource));
        fill(&mut rest, "{path}", &|| self.path_of(stack, resource));
        fill(&mut rest, "{name}", &|| self.name(stack, resource));
        fill(&mut rest, "{id}", &|| self.id(stack, resource));
        fill(&mut rest, "{uuid}", &|| self.mint.uuid(&seed));
        fill(&mut rest, "{word}", &|| self.mint.word(&seed, 6));
        let (service, rest) = rest.split_once(':').unwrap_or((&rest, ""));
        match service {
            "iam" => format!("arn:{}:iam::{}:{rest}", scope.partition, scope.account),
            service => self.arn_of(stack, service, rest),
        }
    }

    fn arn_of(&self, stack: usize, service: &str, rest: &str) -> String {
        let Some(scope) = self.scopes.get(stack) else { return String::new() };
        format!("arn:{}:{service}:{}:{}:{rest}", scope.partition, scope.region, scope.account)
    }

    /// `BUS/` for a rule of another bus than the default one.
    fn bus_part(&self, stack: usize, rule: Declared<'a>) -> String {
        match self.bus_name(stack, rule).as_str() {
            "default" => String::new(),
            name => format!("{name}/"),
        }
    }

    /// The name of a rule's bus, which may be given as its ARN.
    pub fn bus_name(&self, stack: usize, rule: Declared<'a>) -> String {
        match self.property(stack, rule, &["EventBusName"]).text() {
            Ok(Some(bus)) if !bus.is_empty() => bus.rsplit('/').next().unwrap_or_default().to_owned(),
            Ok(_) => "default".to_owned(),
            Err(_) => "unresolved".to_owned(),
        }
    }

    /// The path of a role or a policy, `/` at both ends.
    fn path_of(&self, stack: usize, resource: Declared<'a>) -> String {
        let path = self.property(stack, resource, &["Path"]).text().ok().flatten();
        path.filter(|path| path.starts_with('/') && path.ends_with('/')).unwrap_or_else(|| "/".to_owned())
    }

    /// The secret that EventBridge will keep for a connection.
    pub fn connection_secret(&self, stack: usize, connection: Declared<'a>) -> String {
        let Some(scope) = self.scopes.get(stack) else { return String::new() };
        if let Some(secret) = self.real(stack, connection).and_then(|real| real.secret_arn.clone()) {
            return secret;
        }
        let seed = scope.seed_of(connection.id);
        let name = self.name(stack, connection);
        let rest = format!("secret:events!connection/{name}/{}-{}", self.mint.uuid(&format!("{seed}/secret")), self.mint.word(&seed, 6));
        self.arn_of(stack, "secretsmanager", &rest)
    }

    /// `ZONE:name` for each DNS name of an endpoint. How many there are is known only where its subnets are.
    fn dns_entries(&self, stack: usize, endpoint: Declared<'a>) -> Resolved {
        let names = match self.dns_names(stack, endpoint) {
            Ok(names) => names,
            Err(unknown) => return Resolved::Unknown(unknown),
        };
        let Some(scope) = self.scopes.get(stack) else { return Resolved::Absent };
        let zone = format!("Z{}", self.mint.word(&format!("{}/zone", scope.region), 12).to_uppercase());
        let told = self.real(stack, endpoint).is_some_and(|real| real.dns_names.is_some());
        let certain = told || self.property(stack, endpoint, &["SubnetIds"]).items().is_ok();
        let mut entries: Vec<Resolved> = names.into_iter().map(|name| format!("{zone}:{name}").into()).collect();
        if !certain {
            entries.truncate(2);
            entries.push(Resolved::unresolved("how many zones the endpoint has is not known"));
        }
        Resolved::List(entries)
    }

    /// The DNS names of an endpoint in AWS's order.
    ///
    /// # Errors
    /// Why they are not known: the service is not.
    pub fn dns_names(&self, stack: usize, endpoint: Declared<'a>) -> Result<Vec<String>, crate::model::Unknown> {
        let Some(scope) = self.scopes.get(stack) else { return Ok(Vec::new()) };
        if let Some(names) = self.real(stack, endpoint).and_then(|real| real.dns_names.clone()) {
            return Ok(names);
        }
        if self.property(stack, endpoint, &["VpcEndpointType"]).text()?.as_deref() != Some("Interface") {
            return Ok(Vec::new());
        }
        let service = self.property(stack, endpoint, &["ServiceName"]).must("ServiceName")?;
        let short = service.rsplit_once(&format!(".{}.", scope.region)).map_or(service.as_str(), |(_, short)| short);
        let private = self.property(stack, endpoint, &["PrivateDnsEnabled"]).flag() == Ok(Some(true));
        let seed = scope.seed_of(endpoint.id);
        let zones = self.zones_of(stack, endpoint);
        let part = self.real(stack, endpoint).and_then(|real| real.dns_part.clone());
        let (id, part) = (self.id(stack, endpoint), part.unwrap_or_else(|| self.mint.dns_part(&seed)));
        Ok(stand_in::dns_names(&id, &part, short, scope.region, scope.suffix, &zones, private))
    }

    /// The zones of an endpoint's subnets; a zone that is not known has the next letter.
    fn zones_of(&self, stack: usize, endpoint: Declared<'a>) -> Vec<String> {
        let Some(scope) = self.scopes.get(stack) else { return Vec::new() };
        let subnets = self.property(stack, endpoint, &["SubnetIds"]);
        let ids = subnets.items().map(<[Resolved]>::to_vec).unwrap_or_default();
        let zone = |(index, id): (usize, &Resolved)| {
            let known = id.text().ok().flatten().and_then(|id| self.zone_of_subnet(&id)).filter(|zone| zone.starts_with(scope.region));
            known.unwrap_or_else(|| format!("{}{}", scope.region, char::from(b'a' + u8::try_from(index % 26).unwrap_or_default())))
        };
        let mut zones: Vec<String> = Vec::new();
        for found in ids.iter().enumerate().map(zone) {
            if !zones.contains(&found) {
                zones.push(found);
            }
        }
        if zones.is_empty() {
            zones.push(format!("{}a", scope.region));
        }
        zones
    }

    fn zone_of_subnet(&self, id: &str) -> Option<String> {
        let (stack, subnet) = self.subnets().get(id).copied()?;
        self.property(stack, subnet, &["AvailabilityZone"]).text().ok().flatten()
    }
}

/// Whether AWS alone makes resources of a type: what registered types, modules and products answer is for others to say.
fn is_of_aws(kind: &str) -> bool {
    kind.starts_with("AWS::") && !kind.starts_with("AWS::CloudFormation::") && !kind.ends_with("::MODULE")
}

fn is_arn(attribute: &str) -> bool {
    attribute.ends_with("Arn") && !attribute.starts_with("Outputs.")
}

/// The service of a type, as ARNs have it.
fn service(kind: &str) -> String {
    kind.split("::").nth(1).unwrap_or_default().to_ascii_lowercase()
}
