//! What the resources of templates are in an account: instead of stand-ins, where they are deployed already.

use std::collections::HashMap;

/// The ids that a deployed resource has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Real {
    /// Its id, such as `vpce-…`.
    pub id: Option<String>,
    /// Its ARN.
    pub arn: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// The DNS names of an endpoint, in AWS's order.
    pub dns_names: Option<Vec<String>>,
    /// What stands in the DNS names of an endpoint after its id.
    pub dns_part: Option<String>,
    /// The secret that EventBridge keeps for a connection.
    pub secret_arn: Option<String>,
}

impl Real {
    /// What CloudFormation calls the physical id of a resource of the type `kind`.
    pub fn of_physical_id(kind: &str, physical_id: &str) -> Real {
        let own = physical_id.to_owned();
        let reference = super::types::shape(kind).map_or("Name", |shape| shape.reference);
        match reference {
            _ if own.starts_with("arn:") => Real { arn: Some(own), ..Real::default() },
            "Id" | "Arn" => Real { id: Some(own), ..Real::default() },
            // A queue is called by its URL, a rule of a named bus `BUS|NAME`.
            _ => Real { name: own.rsplit(['|', '/']).next().map(str::to_owned), ..Real::default() },
        }
    }

    /// The same, with what `other` knows besides.
    #[must_use]
    pub fn or(self, other: Real) -> Real {
        Real {
            id: self.id.or(other.id),
            arn: self.arn.or(other.arn),
            name: self.name.or(other.name),
            dns_names: self.dns_names.or(other.dns_names),
            dns_part: self.dns_part.or(other.dns_part),
            secret_arn: self.secret_arn.or(other.secret_arn),
        }
    }
}

/// What is deployed of an assembly. Stacks are told by their places in it.
#[derive(Clone, Debug, Default)]
pub struct Reals {
    /// Resources by stack and logical id.
    pub resources: HashMap<(usize, String), Real>,
    /// Values that parameters have, those that are read from elsewhere included.
    pub parameters: HashMap<(usize, String), String>,
    /// The ids of the stacks.
    pub stacks: HashMap<usize, String>,
}

impl Reals {
    /// What a resource is; nothing where it is not deployed, or nobody knows.
    pub fn of(&self, stack: usize, logical_id: &str) -> Option<&Real> {
        if self.resources.is_empty() { None } else { self.resources.get(&(stack, logical_id.to_owned())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_physical_id_is_a_name_an_id_or_an_arn() {
        let arn = "arn:aws:vpc-lattice:eu-west-1:111122223333:resourcegateway/rgw-1";
        for (kind, physical_id, expected) in [
            ("AWS::VpcLattice::ResourceGateway", arn, Real { arn: Some(arn.into()), ..Real::default() }),
            ("AWS::VpcLattice::ResourceGateway", "rgw-1", Real { id: Some("rgw-1".into()), ..Real::default() }),
            ("AWS::EC2::VPCEndpoint", "vpce-1", Real { id: Some("vpce-1".into()), ..Real::default() }),
            ("AWS::Events::Rule", "bus|orders", Real { name: Some("orders".into()), ..Real::default() }),
            ("AWS::SQS::Queue", "https://sqs.eu-west-1.amazonaws.com/1/dead", Real { name: Some("dead".into()), ..Real::default() }),
            ("AWS::Events::Connection", "orders", Real { name: Some("orders".into()), ..Real::default() }),
        ] {
            assert_eq!(Real::of_physical_id(kind, physical_id), expected);
        }
    }
}
