//! Custom domain names: what they map to and who may use them.

use super::super::origins::Table;
use super::{Item, Lowering, at_run_time, entry, tags};
use crate::model::apigateway::{AccessAssociation, Domain, Mapping};
use crate::model::{Kind, Known, Unknown};
use crate::source::planned::Resolved;

const DOMAIN: Table =
    &[("/name", "DomainName"), ("/types", "EndpointConfiguration"), ("/policy", "Policy"), ("/routing_mode", "RoutingMode")];
const ASSOCIATION: Table = &[("/domain_arn", "DomainNameArn"), ("/endpoint_id", "AccessAssociationSource")];

impl<'a> Lowering<'_, 'a> {
    pub(super) fn domains(&mut self) {
        for item in self.take("AWS::ApiGateway::DomainNameV2") {
            let arn = self.arn(&item);
            self.domain(&item, &arn, Some(arn.clone()));
        }
        for item in self.take("AWS::ApiGateway::DomainName") {
            let name = self.name(&item);
            self.domain(&item, &name, None);
        }
        for kind in ["AWS::ApiGateway::BasePathMapping", "AWS::ApiGateway::BasePathMappingV2"] {
            self.take(kind).iter().for_each(|item| self.mapping(item));
        }
        self.take("AWS::ApiGateway::DomainNameAccessAssociation").iter().for_each(|item| self.access_association(item));
    }

    fn domain(&mut self, item: &Item<'a>, key: &str, arn: Option<String>) {
        let config = item.get("EndpointConfiguration");
        let default = if arn.is_some() { "PRIVATE" } else { "EDGE" };
        let types = Known::from(config.field("Types").texts());
        let domain = Domain {
            id: arn.as_ref().map(|_| self.id(item)),
            name: self.name(item),
            types: types.map(|types| if types.is_empty() { vec![default.to_owned()] } else { types }),
            status: at_run_time(),
            routing_mode: item.get("RoutingMode").text().into(),
            policy: item.get("Policy").document().into(),
            mappings: Known::default(),
            tags: tags(item.get("Tags")),
            arn,
        };
        self.put(item, Kind::Domain, key, domain, DOMAIN, |region| &mut region.domains);
    }

    fn mapping(&mut self, item: &Item<'a>) {
        let named = [item.get("DomainNameArn"), item.get("DomainName")].into_iter().find(|value| !value.is_absent());
        let Some(Ok(Some(key))) = named.map(Resolved::text) else { return };
        let read = item.sure(mapping(item));
        let Some(domain) = entry(&mut self.region(item).domains, &key) else { return };
        match (read, &mut domain.mappings) {
            (Ok(mapping), Known::Value(list)) => list.push(mapping),
            (Err(unknown), mappings) => *mappings = Known::Unknown(unknown),
            (Ok(_), Known::Unknown(_)) => {}
        }
    }

    fn access_association(&mut self, item: &Item<'a>) {
        let arn = self.arn(item);
        let parts = item
            .get("DomainNameArn")
            .must("DomainNameArn")
            .and_then(|domain| Ok((domain, item.get("AccessAssociationSource").must("AccessAssociationSource")?)));
        match parts {
            Ok((domain_arn, endpoint_id)) => {
                let association = AccessAssociation { arn: arn.clone(), domain_arn, endpoint_id };
                self.put(item, Kind::Domain, &arn, association, ASSOCIATION, |region| &mut region.access_associations);
            }
            Err(unknown) => super::insert(&mut self.region(item).access_associations, &arn, Known::Unknown(unknown)),
        }
    }
}

fn mapping(item: &Item<'_>) -> Result<Mapping, Unknown> {
    let base = item.get("BasePath").text()?.filter(|path| !path.is_empty());
    Ok(Mapping {
        base_path: base.unwrap_or_else(|| "(none)".to_owned()),
        api_id: item.get("RestApiId").must("RestApiId")?,
        stage: item.get("Stage").text()?.filter(|stage| !stage.is_empty()),
    })
}
