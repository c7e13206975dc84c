//! The call of an integration as the policies on its way see it: unsigned, from one endpoint, for one method.
//!
//! Nothing between EventBridge or Step Functions and a private API signs a request, so the caller is anonymous to the
//! endpoint's policy, the domain name's and the API's, and every key that comes from a signature is absent. The
//! network keys are those of the endpoint; the source address is one of the gateway's subnets, nobody knows which.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-vpc-endpoint-policies.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html>
//!
//! What is not known of the endpoint or the gateway is an unknown value, which matters only to a policy that asks.

use std::sync::Arc;

use ipnet::IpNet;

use crate::arn::Arn;
use crate::host::{Host, Segment, partition_of_region};
use crate::model::Known;
use crate::model::apigateway::Domain;
use crate::model::ec2::Endpoint;
use crate::model::lattice::Gateway;
use crate::policy::{Context, Request, Resource, Text, Value};
use crate::rules::verdict::Leave;

use super::join::header;
use super::{Caller, Hop, Integration, Site};

/// The one action of API Gateway's data plane.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html>
pub const INVOKE: &str = "execute-api:Invoke";

impl<'a> Integration<'a> {
    /// The call of the API's method, for the policies of the endpoint and of the API. Made once.
    ///
    /// # Errors
    /// As the hops that name the method: API, stage, URL and verb.
    pub fn request(&self) -> Result<&Request, Leave> {
        let request = self.request.get_or_init(|| {
            let resource = Resource::Arn(self.method_arn()?);
            Ok(Request::anonymous(INVOKE, resource, self.context()))
        });
        request.as_ref().map_err(Leave::clone)
    }

    /// A call of whatever API, for policies that may be certain about all of them.
    pub fn request_for_any(&self) -> Request {
        Request::anonymous(INVOKE, Resource::Arn(Text::unknown()), self.context())
    }

    /// The same call as the policy of a private custom domain name sees it, whose resource is the name itself.
    pub fn domain_request(&self, domain: &Site<'a, Domain>) -> Request {
        Request::anonymous(INVOKE, Resource::arn(&domain_arn(domain)), self.context())
    }

    /// `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/VERB/PATH`; the path of the root is empty behind its slash.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html>
    fn method_arn(&self) -> Result<Text, Leave> {
        let (api, stage, url) = (self.api.read()?, self.stage.read()?, self.url()?);
        let partition = partition_of_region(api.region).unwrap_or("aws");
        let head = format!("arn:{partition}:execute-api:{}:{}:{}/{}/{}", api.region, api.account, api.key, stage.key, self.verb()?);
        let head = Text::from(head);
        if url.repeated_slashes {
            // What API Gateway makes of repeated slashes before it asks the policy is not documented.
            return Ok(head.then("/").any());
        }
        let path = self.path()?;
        if path.is_empty() {
            return Ok(head.then("/"));
        }
        Ok(path.iter().fold(head, |text, segment| self.segment_of(segment, text.then("/"))))
    }

    fn segment_of(&self, segment: &Segment, head: Text) -> Text {
        match segment {
            Segment::Dynamic(_) if self.is_formatted() => head.any(),
            // Nor is it whether the policy sees what is percent-encoded as it was sent: a slash may be among it.
            Segment::Literal(raw) | Segment::Dynamic(raw) if raw.to_ascii_lowercase().contains("%2f") => head.any(),
            Segment::Literal(raw) | Segment::Dynamic(raw) if !is_sent_as_written(raw) => head.segment(),
            Segment::Literal(raw) => head.then(raw),
            Segment::Dynamic(raw) => {
                let mut pieces = raw.split('*');
                let first = head.then(pieces.next().unwrap_or_default());
                pieces.fold(first, |text, piece| text.segment().then(piece))
            }
        }
    }

    /// What is known about the condition keys of the call. It is the same for all calls of one account's APIs that EventBridge
    /// makes through one gateway and one endpoint.
    fn context(&self) -> Arc<Context> {
        let by_own_name = self.url().is_ok_and(|url| !matches!(url.host, Host::Custom(_))) && matches!(self.domain, Hop::None);
        let Ok(api) = self.api.read() else { return Arc::new(self.context_of_its_own()) };
        if !by_own_name || matches!(self.caller, Caller::Task(..)) {
            return Arc::new(self.context_of_its_own());
        }
        let (gateway, endpoint) = (self.gateway.read().map_or(0, Site::address), self.endpoint.read().map_or(0, Site::address));
        let key = (gateway, endpoint, api.account.as_ptr().addr(), api.region.as_ptr().addr());
        self.estate.answers.contexts.get(key, || Arc::new(self.context_of_its_own()))
    }

    fn context_of_its_own(&self) -> Context {
        let mut context = Context::anonymous();
        context.set("aws:SecureTransport", Value::text("true"));
        context.set("aws:UserAgent", self.user_agent());
        context.set("execute-api:viaDomainArn", self.via_domain());
        if let Ok(api) = self.api.read() {
            context.set("aws:ResourceAccount", Value::text(api.account));
            context.set("aws:RequestedRegion", Value::text(api.region));
        }
        if let Ok(endpoint) = self.endpoint.read() {
            self.network(endpoint, &mut context);
        }
        if let Ok(gateway) = self.gateway.read() {
            context.set("aws:VpcSourceIp", addresses(gateway).map_or(Value::Unknown, Value::within));
        }
        context
    }

    /// The private custom domain name that is called, if one is.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-vpc-endpoint-policies.html>
    fn via_domain(&self) -> Value {
        match (&self.domain, self.url()) {
            (Hop::Present(domain), _) => Value::text(domain_arn(domain)),
            (Hop::None, Ok(url)) if !matches!(url.host, Host::Custom(_)) => Value::Absent,
            _ => Value::Unknown,
        }
    }

    /// The keys of the endpoint. Of those that tell its owner the guide lists the services that know them, "a select set";
    /// API Gateway is not among them, so that the call has them or not.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-vpceaccount>
    fn network(&self, endpoint: &Site<'a, Endpoint>, context: &mut Context) {
        context.set("aws:SourceVpce", Value::text(endpoint.key));
        if let Some(owner) = endpoint.value.owner.as_deref() {
            context.set("aws:VpceAccount", Value::maybe(owner));
        }
        let Ok(vpc) = endpoint.value.vpc_id.read() else { return };
        context.set("aws:SourceVpc", Value::text(vpc.as_str()));
        if let Ok(site) = self.estate.vpc((endpoint.account, endpoint.region), vpc).read()
            && let Some(owner) = site.value.owner.as_deref()
        {
            let partition = partition_of_region(endpoint.region).unwrap_or("aws");
            context.set("aws:SourceVpcArn", Value::maybe(format!("arn:{partition}:ec2:{}:{owner}:vpc/{vpc}", endpoint.region)));
        }
    }

    /// EventBridge removes a header of that name; whether Step Functions does is not documented.
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html>,
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html>
    fn user_agent(&self) -> Value {
        match self.caller {
            Caller::Task(machine, _) if header(self, "User-Agent") == Ok(None) => {
                Value::text(format!("Amazon|StepFunctions|HttpInvoke|{}", machine.region))
            }
            Caller::Task(..) => Value::Unknown,
            Caller::Target(..) | Caller::Pipe(..) => Value::text("Amazon/EventBridge/ApiDestinations"),
        }
    }
}

/// Whether a segment has only characters that a path takes as they are
/// (<https://www.rfc-editor.org/rfc/rfc3986#section-3.3>), a value put in for a `*` included.
fn is_sent_as_written(raw: &str) -> bool {
    raw.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte))
}

/// A private domain name as the resource of policies: `arn:aws:execute-api:REGION:ACCOUNT:/domainnames/NAME+ID`.
fn domain_arn(domain: &Site<'_, Domain>) -> String {
    let partition = partition_of_region(domain.region).unwrap_or("aws");
    let id = domain.value.id.as_ref().map_or_else(String::new, |id| format!("+{id}"));
    let owner = owner_of(domain.value, domain.account);
    format!("arn:{partition}:execute-api:{}:{owner}:/domainnames/{}{id}", domain.region, domain.value.name)
}

/// The account that a domain name belongs to, which may have shared it with the one it was read in.
pub fn owner_of<'a>(domain: &'a Domain, read_in: &'a str) -> &'a str {
    let arn = domain.arn.as_deref().and_then(Arn::parse);
    arn.map(|arn| arn.account).filter(|account| !account.is_empty()).unwrap_or(read_in)
}

/// The ranges that a gateway's addresses come from, if all of them are known.
fn addresses(gateway: &Site<'_, Gateway>) -> Option<Vec<IpNet>> {
    let family = gateway.value.ip_address_type.read().ok()?;
    let fits = |net: &IpNet| match family.as_str() {
        "IPV4" => matches!(net, IpNet::V4(_)),
        "IPV6" => matches!(net, IpNet::V6(_)),
        _ => true,
    };
    let mut ranges = Vec::new();
    for id in gateway.value.subnet_ids.read().ok()? {
        let subnet = gateway.estate.subnet((gateway.account, gateway.region), id);
        let Known::Value(cidrs) = &subnet.read().ok()?.value.cidrs else { return None };
        let nets: Option<Vec<IpNet>> = cidrs.iter().map(|cidr| cidr.parse().ok()).collect();
        ranges.extend(nets?.into_iter().filter(fits));
    }
    (!ranges.is_empty()).then_some(ranges)
}

#[cfg(test)]
mod tests;
