//! A resource in its place, and a hop to one.

use std::ops::Deref;

use crate::arn::Arn;
use crate::host::partition_of_region;
use crate::model::{Kind, ResourceId, Unknown};
use crate::rules::verdict::{Evidence, Leave};

use super::Estate;

/// A resource, where it was read.
pub struct Site<'a, T: ?Sized> {
    /// The estate it belongs to.
    pub estate: &'a Estate<'a>,
    /// What it is.
    pub kind: Kind,
    /// The account it was read in.
    pub account: &'a str,
    /// The region it was read in; empty for what is global.
    pub region: &'a str,
    /// The resource that holds it, where it has no id of its own; else empty.
    pub parent: &'a str,
    /// Its key in the snapshot.
    pub key: &'a str,
    /// The resource.
    pub value: &'a T,
}

/// What tells a resource from every other one of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "as in Site")]
pub struct Place<'a> {
    pub kind: Kind,
    pub account: &'a str,
    pub region: &'a str,
    pub parent: &'a str,
    pub key: &'a str,
}

impl<T: ?Sized> Clone for Site<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Site<'_, T> {}

impl<'a, T: ?Sized> Deref for Site<'a, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value
    }
}

impl<'a, T: ?Sized> Site<'a, T> {
    /// The place `pointer` of this resource, as evidence yet without what was observed there.
    pub fn at(&self, pointer: impl Into<String>) -> Evidence {
        Evidence::new(self.resource(), pointer)
    }

    /// What it is called in reports.
    pub fn resource(&self) -> ResourceId {
        ResourceId { id: self.id(), kind: self.kind, account: self.account.to_owned(), region: self.region.to_owned() }
    }

    /// What tells it from every other resource of the snapshot.
    pub fn place(&self) -> Place<'a> {
        Place { kind: self.kind, account: self.account, region: self.region, parent: self.parent, key: self.key }
    }

    /// Where it lies in the snapshot, which tells it from every other resource of its kind.
    pub fn address(&self) -> usize {
        std::ptr::from_ref(self.value).addr()
    }

    /// As [`public_id`].
    pub fn id(&self) -> String {
        public_id(self.kind, (self.account, self.region), self.parent, self.key)
    }

    /// Whether its ARN names another account than the one it was read in: it is shared with that one.
    pub fn is_foreign(&self) -> bool {
        Arn::parse(self.key).is_some_and(|arn| !arn.account.is_empty() && arn.account != self.account)
    }

    /// Something that belongs to this resource, seen as a resource of its own.
    pub fn part<U: ?Sized>(&self, kind: Kind, key: &'a str, value: &'a U) -> Site<'a, U> {
        Site { estate: self.estate, kind, account: self.account, region: self.region, parent: self.key, key, value }
    }
}

/// What a resource is called in reports: its ARN where AWS gives it one, else its id. `key` is its key in the snapshot of
/// an account and a region, `parent` that of the resource which holds it.
pub fn public_id(kind: Kind, (account, region): (&str, &str), parent: &str, key: &str) -> String {
    if key.starts_with("arn:") {
        return key.to_owned();
    }
    let partition = partition_of_region(region).unwrap_or("aws");
    match kind {
        Kind::SecurityGroup => format!("arn:{partition}:ec2:{region}:{account}:security-group/{key}"),
        Kind::Subnet => format!("arn:{partition}:ec2:{region}:{account}:subnet/{key}"),
        Kind::Vpc => format!("arn:{partition}:ec2:{region}:{account}:vpc/{key}"),
        Kind::Endpoint => format!("arn:{partition}:ec2:{region}:{account}:vpc-endpoint/{key}"),
        Kind::Network if key.starts_with("acl-") => format!("arn:{partition}:ec2:{region}:{account}:network-acl/{key}"),
        Kind::Network if key.starts_with("rtb-") => format!("arn:{partition}:ec2:{region}:{account}:route-table/{key}"),
        Kind::Network if key.starts_with("pl-") => format!("arn:{partition}:ec2:{region}:{account}:prefix-list/{key}"),
        Kind::Api => format!("arn:{partition}:apigateway:{region}::/restapis/{key}"),
        Kind::Stage => format!("arn:{partition}:apigateway:{region}::/restapis/{parent}/stages/{key}"),
        Kind::Method => format!("arn:{partition}:execute-api:{region}:{account}:{parent}/{key}"),
        Kind::Domain => format!("arn:{partition}:apigateway:{region}::/domainnames/{key}"),
        Kind::Target => [parent, "#", key].concat(),
        _ => key.to_owned(),
    }
}

/// A hop of an integration. The text is the id that leads to it, as far as one is known.
#[derive(Clone)]
pub enum Hop<'a, T> {
    /// Read.
    Present(T),
    /// Known not to exist.
    Missing(&'a str),
    /// Not known.
    Unknown(&'a str, Unknown),
    /// This chain has no such hop, or one before it is missing.
    None,
}

impl<'a, T> Hop<'a, T> {
    /// The resource, or how a rule that needs it leaves: behind a missing hop the question does not arise,
    /// because the hop's own rule reports it.
    ///
    /// # Errors
    /// *Not applicable* for a missing hop or none, the gap for an unknown one.
    pub fn read(&self) -> Result<&T, Leave> {
        match self {
            Hop::Present(value) => Ok(value),
            Hop::Missing(_) => Err(Leave::NotApplicable("a hop that it needs does not exist".into())),
            Hop::None => Err(Leave::NotApplicable("this integration has no such hop".into())),
            Hop::Unknown(_, unknown) => Err(Leave::Unknown(unknown.clone())),
        }
    }

    /// The hop that follows: `next` where this one is present, nothing behind a missing one, the same gap
    /// behind an unknown one.
    pub fn then<U>(&self, next: impl FnOnce(&T) -> Hop<'a, U>) -> Hop<'a, U> {
        match self {
            Hop::Present(value) => next(value),
            Hop::Missing(_) | Hop::None => Hop::None,
            Hop::Unknown(_, unknown) => Hop::Unknown("", unknown.clone()),
        }
    }
}

/// A key as one token of a JSON pointer (RFC 6901).
pub fn token(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
