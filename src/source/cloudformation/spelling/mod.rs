//! Types and properties that AWS does not know, and what is meant by them.
//!
//! Only names that are like one of the chain's count: AWS adds types and properties more often than this program is
//! released. What belongs to another service, and what is made by the author's own code, is never looked at.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use super::super::document::Node;

const NAMES: &str = include_str!("names.txt");

/// The properties below a property, by name.
#[derive(Default)]
struct Tree(BTreeMap<&'static str, Tree>);

/// What AWS has.
struct Names {
    services: HashSet<&'static str>,
    /// Services that have types of the chain.
    chain: HashSet<&'static str>,
    /// Types of the chain's services; those of the chain with their properties.
    types: HashMap<&'static str, Option<Tree>>,
}

static KNOWN: LazyLock<Names> = LazyLock::new(|| {
    let mut names = Names { services: HashSet::new(), chain: HashSet::new(), types: HashMap::new() };
    for line in NAMES.lines().filter(|line| !line.starts_with('#')) {
        match line.split_once(' ') {
            Some(("services", list)) => names.services.extend(list.split(' ')),
            Some((kind, properties)) => drop(names.types.insert(kind, Some(tree(&mut tokens(properties))))),
            None => drop(names.types.insert(line, None)),
        }
    }
    names.chain = names.types.keys().filter_map(|kind| kind.split("::").nth(1)).collect();
    names
});

/// Names and braces.
fn tokens(text: &'static str) -> std::vec::IntoIter<&'static str> {
    let mut tokens = Vec::new();
    for word in text.split(' ') {
        let mut rest = word;
        while let Some(at) = rest.find(['{', '}']) {
            let (name, brace) = rest.split_at(at);
            tokens.extend([name, &brace[..1]].into_iter().filter(|token| !token.is_empty()));
            rest = &brace[1..];
        }
        tokens.extend(Some(rest).filter(|rest| !rest.is_empty()));
    }
    tokens.into_iter()
}

fn tree(tokens: &mut std::vec::IntoIter<&'static str>) -> Tree {
    let mut tree = Tree::default();
    let mut last = "";
    while let Some(token) = tokens.next() {
        match token {
            "{" => drop(tree.0.insert(last, self::tree(tokens))),
            "}" => return tree,
            name => {
                last = name;
                tree.0.insert(name, Tree::default());
            }
        }
    }
    tree
}

/// Whether a type belongs to a service of the chain, or is meant to.
pub fn is_near(kind: &str) -> bool {
    KNOWN.types.contains_key(kind) || meant_type(kind).is_some()
}

/// The type of the chain that is meant by one that AWS does not have.
pub fn meant_type(kind: &str) -> Option<&'static str> {
    if KNOWN.types.contains_key(kind) || !kind.starts_with("AWS::") {
        return None;
    }
    let service = kind.split("::").nth(1)?;
    // A service that AWS has and that is not one of the chain's is somebody else's.
    if KNOWN.services.contains(service) && !KNOWN.chain.contains(service) {
        return None;
    }
    let chain = KNOWN.types.iter().filter(|(_, properties)| properties.is_some()).map(|(known, _)| *known);
    nearest(kind, chain)
}

/// The properties of a resource that AWS does not know, by their way, with what is meant.
pub fn meant_properties(kind: &str, properties: &Node) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    if let Some(Some(tree)) = KNOWN.types.get(kind) {
        compare(tree, properties, &mut Vec::new(), &mut found);
    }
    found
}

fn compare<'n>(tree: &Tree, node: &'n Node, way: &mut Vec<&'n str>, found: &mut BTreeMap<String, String>) {
    for item in node.items() {
        compare(tree, item, way, found);
    }
    for (key, value) in node.entries() {
        let name = key.text.as_str();
        if name == "Ref" || name.starts_with("Fn::") {
            return;
        }
        way.push(name);
        match tree.0.get(name) {
            Some(below) if !below.0.is_empty() => compare(below, value, way, found),
            Some(_) => {}
            None => {
                if let Some(meant) = nearest(name, tree.0.keys().copied()).filter(|meant| node.get(meant).is_none()) {
                    found.insert(way.join("/"), meant.to_owned());
                }
            }
        }
        way.pop();
    }
}

/// The name that differs in the case of letters only, or in two letters at most of many.
fn nearest(name: &str, among: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let far = |known: &str| match known.to_lowercase() == lower {
        true => 0,
        false if known.len().abs_diff(name.len()) > 2 => usize::MAX,
        false => strsim::osa_distance(&known.to_lowercase(), &lower),
    };
    let (distance, known) = among.map(|known| (far(known), known)).min()?;
    (distance <= 2 && distance * 4 <= name.len()).then_some(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::document::json;

    #[test]
    fn a_type_of_the_chain_is_meant_by_what_is_like_it() {
        for (written, meant) in [
            ("AWS::VPCLattice::ResourceGateway", "AWS::VpcLattice::ResourceGateway"),
            ("AWS::VpcLattice::ResourceConfig", ""),
            ("AWS::VpcLattice::ResourceConfigurations", "AWS::VpcLattice::ResourceConfiguration"),
            ("AWS::Event::Rule", "AWS::Events::Rule"),
            ("AWS::Events::APIDestination", "AWS::Events::ApiDestination"),
            ("AWS::ApiGateway::RestAPI", "AWS::ApiGateway::RestApi"),
        ] {
            assert_eq!(meant_type(written).unwrap_or_default(), meant, "{written}");
        }
    }

    #[test]
    fn what_aws_has_or_may_have_is_not_flagged() {
        let real = ["AWS::EC2::EIP", "AWS::EC2::VPCEndpointService", "AWS::Events::Endpoint", "AWS::ApiGatewayV2::Api", "AWS::S3::Bucket"];
        let others =
            ["AWS::Events::Quasar", "Custom::Rule", "AWS::CloudFormation::CustomResource", "AWS::SNS::Queue", "Vendor::Events::Rule"];
        for kind in real.into_iter().chain(others) {
            assert_eq!(meant_type(kind), None, "{kind}");
        }
        for (kind, properties) in KNOWN.types.iter().filter_map(|(kind, tree)| Some((kind, tree.as_ref()?))) {
            assert_eq!(meant_type(kind), None);
            assert!(!properties.0.is_empty(), "{kind}");
        }
    }

    #[test]
    fn properties_are_found_at_any_depth_and_values_are_left_alone() {
        let text = r#"{"Name": "x", "ResourceConfigurationDefintion": {}, "PortRanges": ["443"], "Tags": [{"Kay": "a"}],
            "ResourceConfigurationDefinition": {"DnsResource": {"DomainNames": {"Fn::Sub": "x"}}}, "SomethingNew": 1}"#;
        let found = meant_properties("AWS::VpcLattice::ResourceConfiguration", &json::read(text).expect("JSON"));
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            [("ResourceConfigurationDefinition/DnsResource/DomainNames".to_owned(), "DomainName".to_owned())]
        );
        let text = r#"{"AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyname": "k"}}, "InvocationConnectivityParams": {}}"#;
        let found = meant_properties("AWS::Events::Connection", &json::read(text).expect("JSON"));
        assert_eq!(found.get("AuthParameters/ApiKeyAuthParameters/ApiKeyname").map(String::as_str), Some("ApiKeyName"));
        assert_eq!(found.len(), 1);
    }
}
