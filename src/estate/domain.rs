//! Private custom domain names: which one a URL names, and what it maps to.

use crate::host::{Host, InvocationUrl, Segment, is_service_name};
use crate::model::apigateway::{Api, Domain, Mapping};
use crate::model::{Kind, Known, Reason, Unknown};

use super::join::stage_named;
use super::{Estate, Hop, Integration, Site, owner_of};

impl<'a> Estate<'a> {
    /// A private custom domain name of a region. Where no account that was read has it, a call that arrives at an
    /// endpoint (`expected`) may yet be for one; another call goes to the public name of whoever has it.
    pub fn private_domain(&'a self, region: &str, name: &str, expected: bool) -> Hop<'a, Site<'a, Domain>> {
        let mut gap = None;
        let named = |domain: &Domain| domain.name.eq_ignore_ascii_case(name);
        for place in self.inventories(region, "") {
            let domains = match place.2.domains.read() {
                Ok(domains) => domains,
                Err(unknown) => {
                    gap = gap.or(Some(unknown).filter(|unknown| unknown.gap().reason != Reason::NotCovered));
                    continue;
                }
            };
            // What arrives at an endpoint is for a private one, whatever is known of it.
            let fits = |domain: &Domain| named(domain) && is_private(domain).unwrap_or(expected);
            match domains.iter().find(|(_, domain)| domain.read().is_ok_and(fits)) {
                Some(_) if !expected && self.has_public_twin(name) => return Hop::None,
                Some((key, _)) => match self.unclear_domain(name).filter(|_| !expected) {
                    Some(unknown) => return Hop::Unknown("", unknown),
                    None => return self.look(place, key, Kind::Domain, |region| &region.domains),
                },
                None => gap = gap.or_else(|| unclear(domains.values(), name)),
            }
        }
        match gap {
            Some(unknown) => Hop::Unknown("", unknown),
            None if expected => {
                Hop::Unknown("", Unknown::foreign(format!("no account that was read has a private custom domain name {name}")))
            }
            None => Hop::None,
        }
    }

    /// Whether a custom domain name is a public one, too.
    fn has_public_twin(&'a self, name: &str) -> bool {
        let mut all = self.all(Kind::Domain, |region| &region.domains);
        all.any(|twin| twin.value.name.eq_ignore_ascii_case(name) && is_private(twin.value) == Ok(false))
    }

    /// Why a custom domain name may be a public one, too.
    fn unclear_domain(&self, name: &str) -> Option<Unknown> {
        let regions = self.snapshot.accounts.values().flat_map(|account| account.regions.values());
        regions.filter_map(|region| region.domains.read().ok()).find_map(|domains| unclear(domains.values(), name))
    }

    /// Joins the domain name and what it maps to. Returns how many segments stand before the path.
    pub(super) fn join_domain(
        &'a self,
        integration: &mut Integration<'a>,
        region: &'a str,
        name: &'a str,
        url: &'a InvocationUrl,
    ) -> usize {
        let domain = match self.private_domain(region, name, matches!(integration.endpoint, Hop::Present(_))) {
            Hop::Unknown(_, unknown) if unknown.gap().reason == Reason::Foreign && self.would_list(integration, name) => Hop::Missing(name),
            // Whether it arrives at an endpoint is not known either.
            Hop::None if let Hop::Unknown(_, unknown) = &integration.endpoint => Hop::Unknown("", unknown.clone()),
            found => found,
        };
        integration.route_mut().domain = domain;
        match integration.domain {
            Hop::Present(domain) => self.join_mapping(integration, &domain, url),
            _ => {
                integration.route_mut().api = integration.domain.then(|_| Hop::None);
                1
            }
        }
    }

    /// Whether the endpoint's account would have listed a domain name that calls through the endpoint could use: its own
    /// names and those shared with it are in one list. Other stacks than these templates may have it, and so may what is
    /// behind a name that only DNS knows.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-custom-domains.html>
    fn would_list(&self, integration: &Integration<'a>, name: &str) -> bool {
        let (Ok(config), Ok(endpoint)) = (integration.config.read(), integration.endpoint.read()) else { return false };
        let at_endpoint = |domain: &String| !matches!(self.domain(domain), None | Some(Host::Custom(_) | Host::Untrusted { .. }));
        let certain = config.value.domain.read().is_ok_and(|domain| domain.as_ref().is_none_or(at_endpoint));
        let other = |domain: &Known<Domain>| domain.read().is_ok_and(|domain| !domain.answers_for(name));
        let all = self.region(endpoint.account, endpoint.region).map(|region| region.domains.read());
        self.snapshot.source.kind.is_deployed()
            && certain
            && !is_service_name(name)
            && matches!(all, Some(Ok(all)) if all.values().all(other))
    }

    fn join_mapping(&'a self, integration: &mut Integration<'a>, domain: &Site<'a, Domain>, url: &'a InvocationUrl) -> usize {
        let (mapping, mut below) = match self.mapping(domain, url) {
            Ok(Some(found)) => found,
            Ok(None) => {
                integration.route_mut().api = Hop::Missing("");
                return 1;
            }
            Err(unknown) => {
                integration.route_mut().api = Hop::Unknown("", unknown);
                return 1;
            }
        };
        integration.route_mut().api = self.mapped_api(domain, &mapping.api_id);
        if let Some(name) = &mapping.stage {
            integration.route_mut().stage = integration.api.then(|api| stage_named(api, name));
        } else {
            below += 1;
        }
        below
    }

    /// The API of a mapping, which is one of the domain name's own account.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-custom-domains.html>
    fn mapped_api(&'a self, domain: &Site<'a, Domain>, id: &'a str) -> Hop<'a, Site<'a, Api>> {
        let owner = owner_of(domain.value, domain.account);
        let apis = self.region(owner, domain.region).map(|region| region.apis.read());
        match self.api(domain.region, owner, id) {
            Hop::Unknown(..) if self.snapshot.source.kind.is_deployed() && matches!(apis, Some(Ok(apis)) if !apis.contains_key(id)) => {
                Hop::Missing(id)
            }
            found => found,
        }
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
pub fn mapping_of<'m>(mappings: &'m [Mapping], first: Option<&Segment>) -> Option<(&'m Mapping, usize)> {
    let base = first.and_then(|segment| segment.decoded());
    let by_base = mappings.iter().find(|mapping| base.as_deref() == Some(mapping.base_path.as_str()));
    let root = || mappings.iter().find(|mapping| mapping.base_path == "(none)");
    by_base.map(|mapping| (mapping, 1)).or_else(|| root().map(|mapping| (mapping, 0)))
}

fn is_private(domain: &Domain) -> Result<bool, Unknown> {
    Ok(domain.types.read()?.iter().any(|kind| kind == "PRIVATE"))
}

/// Why one of some domain names may be `name`, or of what kind it is.
fn unclear<'d>(domains: impl IntoIterator<Item = &'d Known<Domain>>, name: &str) -> Option<Unknown> {
    domains.into_iter().find_map(|domain| match domain.read() {
        Err(unknown) => Some(unknown),
        Ok(domain) if domain.name.eq_ignore_ascii_case(name) => domain.types.read().err(),
        Ok(_) => None,
    })
}
