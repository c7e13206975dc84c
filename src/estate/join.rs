//! The joins: from a caller's connection to the method that answers.

use std::sync::OnceLock;

use crate::arn::Arn;
use crate::host::{Host, InvocationUrl, Segment};
use crate::model::apigateway::{Api, Domain, Mapping, Stage};
use crate::model::ec2::Endpoint;
use crate::model::events::{Connection, Destination, Place};
use crate::model::lattice::{Gateway, ResourceConfig};
use crate::model::{Kind, Reason, Text, Unknown};
use crate::rules::verdict::Leave;

use super::{Called, Caller, Estate, Hop, Integration, Site, Way, not_read};

/// The header that names the API where the host is an endpoint's own name.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-api-test-invoke-url.html>
pub const API_ID_HEADER: &str = "x-apigw-api-id";

impl<'a> Estate<'a> {
    /// The chain from a caller's connection to the method that answers.
    pub(super) fn integration(
        &'a self,
        caller: Caller<'a>,
        destination: Hop<'a, Site<'a, Destination>>,
        connection: Hop<'a, Site<'a, Connection>>,
    ) -> Integration<'a> {
        let config = connection.then(|connection| self.config_of(connection));
        let gateway = config.then(|config| self.gateway_of(config));
        let endpoint = config.then(|config| self.endpoint_of(config, &gateway));
        let mut integration = Integration {
            estate: self,
            id: caller.id(),
            caller,
            destination,
            connection,
            config,
            gateway,
            endpoint,
            domain: Hop::None,
            api: Hop::None,
            stage: Hop::None,
            method: Hop::None,
            below: 1,
            request: OnceLock::new(),
        };
        self.join_api(&mut integration);
        integration
    }

    fn config_of(&'a self, connection: &Site<'a, Connection>) -> Hop<'a, Site<'a, ResourceConfig>> {
        match connection.value.connectivity.read() {
            Err(unknown) => Hop::Unknown("", unknown),
            Ok(None) => Hop::None,
            Ok(Some(connectivity)) => match connectivity.resource_config_arn.read() {
                Ok(arn) => self.resource_config(arn, connection.account),
                Err(unknown) => Hop::Unknown("", unknown),
            },
        }
    }

    /// The gateway of a configuration; a child has its group's.
    pub fn gateway_of(&'a self, config: &Site<'a, ResourceConfig>) -> Hop<'a, Site<'a, Gateway>> {
        let id = match (config.value.gateway_id.read(), config.value.group_id.read()) {
            (Ok(Some(id)), _) => id,
            (Ok(None), Ok(Some(group))) => {
                let arn = beside(config.key, "resourceconfiguration", group);
                let group = self.all(Kind::ResourceConfig, |region| &region.resource_configs).find(|group| group.key == arn);
                return group.map_or(Hop::Missing(""), |group| match group.value.gateway_id.read() {
                    Ok(Some(id)) => self.gateway_by_id(&group, id),
                    Ok(None) => Hop::Missing(""),
                    Err(unknown) => Hop::Unknown("", unknown),
                });
            }
            (Ok(None), Ok(None)) => return Hop::Missing(""),
            (Err(unknown), _) | (_, Err(unknown)) => return Hop::Unknown("", unknown),
        };
        self.gateway_by_id(config, id)
    }

    fn gateway_by_id(&'a self, config: &Site<'a, ResourceConfig>, id: &'a str) -> Hop<'a, Site<'a, Gateway>> {
        let arn = beside(config.key, "resourcegateway", id);
        match self.gateway(&arn) {
            Some(Hop::Missing(_)) => Hop::Missing(id),
            Some(Hop::Unknown(_, unknown)) => Hop::Unknown(id, unknown),
            Some(found) => found,
            None => Hop::Unknown(id, Arn::parse(&arn).map_or_else(|| not_read("", ""), |arn| not_read(arn.account, arn.region))),
        }
    }

    /// The endpoint that a configuration's domain name leads to.
    fn endpoint_of(&'a self, config: &Site<'a, ResourceConfig>, gateway: &Hop<'a, Site<'a, Gateway>>) -> Hop<'a, Site<'a, Endpoint>> {
        let domain = match config.value.domain.read() {
            Ok(Some(domain)) => domain.as_str(),
            Ok(None) => return self.endpoint_of_address(config, gateway),
            Err(unknown) => return Hop::Unknown("", unknown),
        };
        if let Some(endpoint) = self.endpoint_by_name(config.region, domain)
            && !matches!(self.domain(domain), Some(Host::ServicePrivateName { .. }))
        {
            return Hop::Present(endpoint);
        }
        match self.domain(domain) {
            Some(Host::Endpoint { .. } | Host::OtherEndpoint { .. } | Host::ApiAtEndpoint { .. }) => self.endpoint_by_host(domain, gateway),
            Some(Host::Api { .. } | Host::ServicePrivateName { .. }) => gateway.then(|gateway| self.private_dns_endpoint(domain, gateway)),
            _ => gateway.then(|gateway| self.only_endpoint(domain, gateway)),
        }
    }

    /// An endpoint named by its own DNS name that no endpoint read here has: gone, unless it may belong to
    /// an account or a VPC that was not read.
    fn endpoint_by_host(&'a self, domain: &'a str, gateway: &Hop<'a, Site<'a, Gateway>>) -> Hop<'a, Site<'a, Endpoint>> {
        gateway.then(|gateway| {
            if let Some(Host::ApiAtEndpoint { endpoint_id, .. }) = self.domain(domain)
                && let Some(endpoint) = self.endpoints(gateway).find(|endpoint| endpoint.key == endpoint_id)
            {
                return Hop::Present(endpoint);
            }
            match self.endpoints_gap(gateway) {
                Some(unknown) => Hop::Unknown(domain, unknown),
                None => Hop::Missing(domain),
            }
        })
    }

    /// API Gateway's own names lead to an endpoint only inside its VPC, with private DNS.
    fn private_dns_endpoint(&'a self, domain: &'a str, gateway: &Site<'a, Gateway>) -> Hop<'a, Site<'a, Endpoint>> {
        match gateway.value.dns_resolution.read() {
            Err(unknown) => return Hop::Unknown(domain, unknown),
            Ok(mode) if mode != "IN_VPC" => return Hop::Missing(domain),
            Ok(_) => {}
        }
        let mut candidates = self.endpoints_in_vpc(gateway);
        match candidates.find(|endpoint| endpoint.value.private_dns.read() != Ok(&false)) {
            Some(endpoint) => match endpoint.value.private_dns.read() {
                Ok(_) => Hop::Present(endpoint),
                Err(unknown) => Hop::Unknown(domain, unknown),
            },
            None => self.endpoints_gap(gateway).map_or(Hop::Missing(domain), |unknown| Hop::Unknown(domain, unknown)),
        }
    }

    /// Where another name leads is DNS's to say; with one execute-api endpoint in the VPC there is no choice.
    fn only_endpoint(&'a self, domain: &'a str, gateway: &Site<'a, Gateway>) -> Hop<'a, Site<'a, Endpoint>> {
        if let Some(unknown) = self.endpoints_gap(gateway) {
            return Hop::Unknown(domain, unknown);
        }
        let mut candidates = self.endpoints_in_vpc(gateway);
        match (candidates.next(), candidates.next()) {
            (Some(endpoint), None) => Hop::Present(endpoint),
            (None, _) => Hop::None,
            _ => Hop::Unknown(domain, Unknown::unresolved(format!("which endpoint {domain} leads to is known to its DNS zone only"))),
        }
    }

    /// The endpoint that has the address of a configuration by address.
    fn endpoint_of_address(
        &'a self,
        config: &Site<'a, ResourceConfig>,
        gateway: &Hop<'a, Site<'a, Gateway>>,
    ) -> Hop<'a, Site<'a, Endpoint>> {
        let address = match config.value.ip_address.read() {
            Ok(Some(address)) => address.as_str(),
            Ok(None) => return Hop::None,
            Err(unknown) => return Hop::Unknown("", unknown),
        };
        gateway.then(|gateway| {
            let has_address = |endpoint: &Site<'a, Endpoint>| {
                let interfaces = endpoint.value.interface_ids.read().into_iter().flatten();
                interfaces
                    .filter_map(|id| self.interface((endpoint.account, endpoint.region), id).read().ok().copied())
                    .any(|interface| interface.value.addresses.read().is_ok_and(|addresses| addresses.iter().any(|own| own == address)))
            };
            match self.endpoints(gateway).find(has_address) {
                Some(endpoint) => Hop::Present(endpoint),
                None => self.endpoints_gap(gateway).map_or(Hop::Missing(address), |unknown| Hop::Unknown(address, unknown)),
            }
        })
    }

    /// The endpoints read in a gateway's region.
    fn endpoints(&'a self, gateway: &Site<'a, Gateway>) -> impl Iterator<Item = Site<'a, Endpoint>> + use<'a> {
        let region = gateway.region;
        self.all(Kind::Endpoint, |region| &region.endpoints).filter(move |endpoint| endpoint.region == region)
    }

    /// The execute-api endpoints in a gateway's VPC.
    pub fn endpoints_in_vpc(&'a self, gateway: &Site<'a, Gateway>) -> impl Iterator<Item = Site<'a, Endpoint>> + use<'a> {
        let vpc = gateway.value.vpc_id.read().ok();
        self.endpoints(gateway).filter(move |endpoint| {
            vpc.is_some()
                && endpoint.value.vpc_id.read().ok() == vpc
                && endpoint.value.service.read().is_ok_and(|service| service.ends_with(".execute-api"))
        })
    }

    /// Why an endpoint that was not found may exist all the same: a list that was not read, or a VPC of an
    /// account that was not.
    fn endpoints_gap(&'a self, gateway: &Site<'a, Gateway>) -> Option<Unknown> {
        let inventory = self.inventory(gateway.account, gateway.region)?.2;
        let list = match inventory.endpoints.read() {
            Err(unknown) => return Some(unknown),
            Ok(list) => list,
        };
        if let Some(gap) = list.values().find_map(|endpoint| endpoint.read().and_then(|endpoint| endpoint.dns_names.read()).err()) {
            return Some(gap);
        }
        let vpc = match gateway.value.vpc_id.read() {
            Err(unknown) => return Some(unknown),
            Ok(vpc) => vpc,
        };
        match self.vpc((gateway.account, gateway.region), vpc) {
            Hop::Present(vpc) => {
                let owner = vpc.value.owner.as_deref().unwrap_or(vpc.account);
                let read = self.inventory(owner, gateway.region).is_some();
                (!read).then(|| Unknown::foreign(format!("{} belongs to account {owner}, which was not read", vpc.key)))
            }
            Hop::Unknown(_, unknown) => Some(unknown),
            Hop::Missing(_) | Hop::None => None,
        }
    }

    fn join_api(&'a self, integration: &mut Integration<'a>) {
        let url = match integration.url() {
            Ok(url) => url,
            Err(Leave::Unknown(unknown)) => {
                integration.domain = Hop::Unknown("", unknown.clone());
                integration.api = Hop::Unknown("", unknown.clone());
                integration.stage = Hop::Unknown("", unknown.clone());
                integration.method = Hop::Unknown("", unknown);
                return;
            }
            Err(_) => return,
        };
        let (own, region) = integration.caller.scope();
        let region = integration.destination.read().map_or(region, |destination| destination.region);
        let account = integration
            .endpoint
            .read()
            .map_or_else(|_| integration.destination.read().map_or(own, |site| site.account), |site| site.account);
        match &url.host {
            Host::Api { api_id, .. } | Host::ApiAtEndpoint { api_id, .. } => integration.api = self.api(region, account, api_id),
            Host::Endpoint { .. } | Host::ServicePrivateName { .. } => integration.api = self.api_by_header(integration, region, account),
            Host::Custom(name) => integration.below = self.join_domain(integration, region, name, url),
            Host::OtherEndpoint { .. } | Host::Untrusted { .. } => return,
        }
        if matches!(integration.stage, Hop::None) {
            integration.stage =
                integration.api.then(|api| stage_of(api, integration.below.checked_sub(1).and_then(|at| url.segments.get(at))));
        }
        let path = filled(integration, url);
        let path = path.get(integration.below..).unwrap_or_default();
        integration.method = integration.stage.then(|stage| self.method_of(integration, stage, path));
    }

    /// A REST API by id: any scanned account's, because an endpoint lets into other accounts' APIs too.
    pub fn api(&'a self, region: &str, first: &str, id: &'a str) -> Hop<'a, Site<'a, Api>> {
        let mut gap = None;
        for place in self.inventories(region, first) {
            match self.look(place, id, Kind::Api, |region| &region.apis) {
                Hop::Unknown(_, unknown) => gap = gap.or(Some(unknown)),
                Hop::Missing(_) | Hop::None => {}
                found => return found,
            }
        }
        let why = || {
            Unknown::foreign(format!("no account that was read has an API {id} in {region}: it was deleted, or it is another account's"))
        };
        Hop::Unknown(id, gap.unwrap_or_else(why))
    }

    fn api_by_header(&'a self, integration: &Integration<'a>, region: &str, account: &str) -> Hop<'a, Site<'a, Api>> {
        match header(integration, API_ID_HEADER) {
            Ok(Some(Text::Plain(id))) => self.api(region, account, id),
            Ok(Some(Text::Masked { .. })) => Hop::Unknown("", Unknown::unresolved(format!("the value of {API_ID_HEADER} is masked"))),
            Ok(None) => Hop::Missing(""),
            Err(unknown) => Hop::Unknown("", unknown),
        }
    }

    /// Joins the domain name and what it maps to. Returns how many segments stand before the path.
    fn join_domain(&'a self, integration: &mut Integration<'a>, region: &'a str, name: &str, url: &'a InvocationUrl) -> usize {
        let mut gap = None;
        for (account, region, inventory) in self.inventories(region, "") {
            match inventory.domains.read() {
                Err(unknown) if unknown.gap().reason == Reason::NotCovered => {}
                Err(unknown) => gap = Some(unknown),
                Ok(domains) => {
                    let private = |domain: &Domain| {
                        domain.name == name && domain.types.read().map_or(true, |types| types.iter().any(|kind| kind == "PRIVATE"))
                    };
                    let found = domains
                        .iter()
                        .find_map(|(key, domain)| domain.read().ok().filter(|domain| private(domain)).map(|domain| (key, domain)));
                    if let Some((key, value)) = found {
                        let site = Site { estate: self, kind: Kind::Domain, account, region, parent: "", key, value };
                        integration.domain = Hop::Present(site);
                        return self.join_mapping(integration, &site, url);
                    }
                }
            }
        }
        if let Some(unknown) = gap {
            integration.domain = Hop::Unknown("", unknown.clone());
            integration.api = Hop::Unknown("", unknown);
        } else if matches!(integration.endpoint, Hop::Present(_)) {
            let why = format!("no account that was read has a private custom domain name {name}");
            integration.domain = Hop::Unknown("", Unknown::foreign(why.clone()));
            integration.api = Hop::Unknown("", Unknown::foreign(why));
        }
        1
    }

    fn join_mapping(&'a self, integration: &mut Integration<'a>, domain: &Site<'a, Domain>, url: &'a InvocationUrl) -> usize {
        let (mapping, mut below) = match self.mapping(domain, url) {
            Ok(Some(found)) => found,
            Ok(None) => {
                integration.api = Hop::Missing("");
                return 1;
            }
            Err(unknown) => {
                integration.api = Hop::Unknown("", unknown);
                return 1;
            }
        };
        integration.api = self.api(domain.region, domain.account, &mapping.api_id);
        if let Some(name) = &mapping.stage {
            integration.stage = integration.api.then(|api| stage_named(api, name));
        } else {
            below += 1;
        }
        below
    }

    /// The mapping of a domain name that takes a URL, and how many segments of its path it takes.
    ///
    /// # Errors
    /// The gap where the mappings were not read, where routing rules come before them, or where the first segment is put
    /// in at run time.
    pub fn mapping(&self, domain: &Site<'a, Domain>, url: &InvocationUrl) -> Result<Option<(&'a Mapping, usize)>, Unknown> {
        by_base_path(domain.value)?;
        let mappings = domain.value.mappings.read()?;
        match url.segments.first() {
            Some(Segment::Dynamic(_)) => Err(Unknown::unresolved("the base path is put in at run time")),
            first => Ok(mapping_of(mappings, first)),
        }
    }

    fn method_of(&'a self, integration: &Integration<'a>, stage: &Site<'a, Stage>, path: &[Segment]) -> Hop<'a, Way<'a>> {
        let Ok(api) = integration.api.read() else { return Hop::None };
        let verb = match integration.verb() {
            Ok(verb) => verb,
            Err(Leave::Unknown(unknown)) => return Hop::Unknown("", unknown),
            Err(Leave::NotApplicable(_)) => return Hop::None,
        };
        match self.called(api, stage.value, path, verb) {
            Ok(Called::Found(way)) => Hop::Present(way),
            Ok(_) if integration.is_formatted() => {
                Hop::Unknown(verb, Unknown::unresolved("the path is put together at run time, and its literal part alone fits no method"))
            }
            Ok(_) => Hop::Missing(verb),
            Err(unknown) => Hop::Unknown("", unknown),
        }
    }
}

/// Whether base path mappings alone decide where a domain name leads. Routing rules come before them.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-routing-mode.html>
fn by_base_path(domain: &Domain) -> Result<(), Unknown> {
    match domain.routing_mode.read()?.as_deref() {
        None | Some("BASE_PATH_MAPPING_ONLY") => Ok(()),
        Some(mode) => Err(Unknown::unresolved(format!("{} has routing rules ({mode}), which are not read", domain.name))),
    }
}

/// The mapping for a first path segment, and how many segments it takes.
fn mapping_of<'m>(mappings: &'m [Mapping], first: Option<&Segment>) -> Option<(&'m Mapping, usize)> {
    let base = first.and_then(|segment| segment.decoded());
    let by_base = mappings.iter().find(|mapping| base.as_deref() == Some(mapping.base_path.as_str()));
    let root = || mappings.iter().find(|mapping| mapping.base_path == "(none)");
    by_base.map(|mapping| (mapping, 1)).or_else(|| root().map(|mapping| (mapping, 0)))
}

fn stage_of<'a>(api: &Site<'a, Api>, segment: Option<&'a Segment>) -> Hop<'a, Site<'a, Stage>> {
    match segment {
        None => Hop::Missing(""),
        Some(Segment::Dynamic(raw)) => Hop::Unknown(raw, Unknown::unresolved("the stage is put in at run time")),
        Some(Segment::Literal(raw)) => stage_named(api, raw),
    }
}

/// A stage by name; case counts.
fn stage_named<'a>(api: &Site<'a, Api>, name: &'a str) -> Hop<'a, Site<'a, Stage>> {
    match api.value.stages.read() {
        Err(unknown) => Hop::Unknown(name, unknown),
        Ok(stages) => match stages.get_key_value(name) {
            Some((name, stage)) => Hop::Present(api.part(Kind::Stage, name, stage)),
            None => Hop::Missing(name),
        },
    }
}

/// A header that the connection or the caller sends; the connection's wins. Names are equal in any case.
pub fn header<'a>(integration: &Integration<'a>, name: &str) -> Result<Option<&'a Text>, Unknown> {
    let connection = match integration.connection.read() {
        Ok(connection) => connection
            .value
            .parameters
            .read()?
            .iter()
            .find(|parameter| parameter.place == Place::Header && parameter.key.eq_ignore_ascii_case(name)),
        Err(_) => None,
    };
    if let Some(parameter) = connection {
        return match &parameter.value {
            Some(value) => Ok(Some(value)),
            None => Err(Unknown::unresolved(format!("the value of the header {name} is kept as a secret"))),
        };
    }
    match &integration.caller {
        Caller::Target(_, target) => {
            Ok(target.value.headers.read()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
        }
        Caller::Task(_, task) => {
            task.headers.read()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.read()).transpose()
        }
        Caller::Pipe(..) => Err(parameters_of_pipe()),
    }
}

/// What a pipe sends besides its events is told by another call.
fn parameters_of_pipe() -> Unknown {
    Unknown::new("pipes:DescribePipe", Reason::NotCovered, "the HTTP parameters of pipes are not read")
}

/// The path with the target's values put in, as far as they are known before an event arrives.
pub(super) fn filled(integration: &Integration<'_>, url: &InvocationUrl) -> Vec<Segment> {
    let values: Vec<Option<&str>> = match integration.target().map(|(_, target)| target.value.path_values.read()) {
        Ok(Ok(values)) => values.iter().map(|value| value.plain().filter(|text| !text.starts_with('$'))).collect(),
        _ => Vec::new(),
    };
    url.filled(&values)
}

/// The ARN of another VPC Lattice resource of the same account and region.
fn beside(arn: &str, kind: &str, id: &str) -> String {
    let head = arn.rsplit_once(':').map_or(arn, |(head, _)| head);
    format!("{head}:{kind}/{id}")
}
