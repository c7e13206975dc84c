//! The old gateway and configurations, removed once nothing uses them.

use serde_json::{Value, json};

use super::super::Drafted;
use super::goal::Goal;
use super::{Refused, Site, Work, own_tags};
use crate::estate::Estate;
use crate::fix::plan::case::{place, scope};
use crate::fix::step::{Call, Place, Remade, Step};
use crate::model::Kind;
use crate::model::lattice::{Gateway, ResourceConfig};

/// Removes the configurations and, if nothing else is on it, the gateway.
pub fn remove<'a>(mut work: Work<'_, 'a>, gateway: &Site<'a, Gateway>, configs: &[Site<'a, ResourceConfig>]) -> Drafted {
    let (others, gap) = work.case.estate.configs_of(gateway);
    let mut alone = gap.is_none() && others.iter().all(|other| configs.iter().any(|config| config.key == other.key));
    for config in configs {
        match in_use(work.case.estate, config)? {
            Some(by) => {
                alone = false;
                work.draft = work.draft.note(format!("{} is left: {by}", config.value.name));
            }
            None => {
                let step = config_step(&work, config)?;
                work.add(step);
            }
        }
    }
    if alone {
        let step = gateway_step(&work, gateway)?;
        work.add(step);
    } else {
        work.draft = work.draft.note(format!("gateway {} is left: something else is on it", gateway.value.name));
    }
    Ok(work.draft)
}

/// What uses a configuration besides the connections, which were moved.
fn in_use(estate: &Estate<'_>, config: &Site<'_, ResourceConfig>) -> Result<Option<String>, Refused> {
    for share in estate.all(Kind::Sharing, |region| &region.shares) {
        if share.value.resource_arns.read()?.iter().any(|arn| arn == config.key) {
            return Ok(Some(format!("it is shared as {}", share.value.name)));
        }
    }
    for association in estate.all(Kind::ResourceConfig, |region| &region.associations) {
        if association.value.resource_config_arn.read()? == config.key && !*association.value.managed.read()? {
            return Ok(Some("a service network has it".to_owned()));
        }
    }
    Ok(None)
}

/// What is there, without what is read apart from it.
fn seen(work: &Work<'_, '_>, at: &Place) -> Value {
    let mut seen = work.case.at(at, "");
    if let Some(fields) = seen.as_object_mut() {
        fields.remove("tags");
    }
    seen
}

fn config_step(work: &Work<'_, '_>, config: &Site<'_, ResourceConfig>) -> Result<Step, Refused> {
    let own = config.value;
    let mut again = Goal::like(own)?.parameters();
    again["name"] = json!(own.name);
    again["resourceGatewayIdentifier"] = json!(own.gateway_id.read()?);
    again["tags"] = json!(own_tags(own.tags.read()?));
    let at = place(config, "resource_configs");
    let call = Call::new("vpc-lattice", "DeleteResourceConfiguration", json!({"resourceConfigurationIdentifier": own.id}));
    let step = Step::new(scope(config), format!("remove resource configuration {}", own.name), call);
    let step = step.change(&at, "", seen(work, &at), Value::Null);
    let again = Call::new("vpc-lattice", "CreateResourceConfiguration", again);
    Ok(step.undo(again.remaking(Remade { pointer: "/id".to_owned(), id: own.id.clone() })))
}

fn gateway_step(work: &Work<'_, '_>, gateway: &Site<'_, Gateway>) -> Result<Step, Refused> {
    let own = gateway.value;
    let mut again = json!({"name": own.name, "vpcIdentifier": own.vpc_id.read()?, "subnetIds": own.subnet_ids.read()?,
        "securityGroupIds": own.security_group_ids.read()?, "ipAddressType": own.ip_address_type.read()?,
        "resourceConfigDnsResolution": own.dns_resolution.read()?, "tags": own_tags(own.tags.read()?)});
    if let Some(number) = own.ipv4_per_interface.read()? {
        again["ipv4AddressesPerEni"] = json!(number);
    }
    let at = place(gateway, "gateways");
    let call = Call::new("vpc-lattice", "DeleteResourceGateway", json!({"resourceGatewayIdentifier": own.id}));
    let step = Step::new(scope(gateway), format!("remove resource gateway {}", own.name), call);
    let step = step.change(&at, "", seen(work, &at), Value::Null);
    let again = Call::new("vpc-lattice", "CreateResourceGateway", again);
    Ok(step.undo(again.remaking(Remade { pointer: "/id".to_owned(), id: own.id.clone() })))
}
