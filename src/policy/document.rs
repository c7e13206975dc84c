//! Reading policy documents.
//!
//! Grammar: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.
//!
//! What AWS would refuse as a whole is an error. What AWS may understand and this module does not
//! (an operator, an element, a template's unresolved reference) stays inside its statement, which
//! then applies *perhaps*, and leaves the other statements their say.

use serde_json::Value;

use super::draft::{read_statement, unknown_element};
use super::error::PolicyError;
use super::node::Node;
use super::statement::Statement;

/// The version with policy variables.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html>
const WITH_VARIABLES: &str = "2012-10-17";
/// The version of policies that name none.
const WITHOUT_VARIABLES: &str = "2008-10-17";

/// A parsed policy: read once, evaluated often.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(super) statements: Vec<Statement>,
    /// Whether `Statement` is a list.
    listed: bool,
    variables: bool,
}

/// What short resources of an API's policy are written out with: `execute-api:/prod/GET/orders`
/// stands for `arn:aws:execute-api:eu-west-1:111122223333:abc123/prod/GET/orders`.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShortForm {
    prefix: String,
}

impl ShortForm {
    /// `prefix`: the ARN up to the API's id, without a slash at the end.
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }
}

impl Policy {
    /// Parses a policy document.
    ///
    /// # Errors
    /// When the text is not JSON, or not a policy that AWS could have; the error says which
    /// statement and element.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let node: Node = serde_json::from_str(text).map_err(|error| PolicyError::Json(error.to_string()))?;
        Self::from_node(&node)
    }

    /// The same from JSON that was read already (where names that occurred twice are lost).
    ///
    /// # Errors
    /// As [`Policy::parse`].
    pub fn from_value(value: &Value) -> Result<Self, PolicyError> {
        Self::from_node(&Node::from(value))
    }

    /// The policy with short resources (`execute-api:/…`) written out; until then, what they
    /// match is unknown.
    #[must_use]
    pub fn expanded(mut self, short: &ShortForm) -> Self {
        for statement in &mut self.statements {
            if let Some(clause) = &mut statement.resources {
                clause.patterns = std::mem::take(&mut clause.patterns)
                    .into_iter()
                    .map(|pattern| pattern.expanded(&short.prefix, self.variables))
                    .collect();
            }
        }
        self
    }

    /// The statements, in order.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// The JSON pointer of a statement within the document.
    #[must_use]
    pub fn pointer(&self, statement: &Statement) -> String {
        if self.listed { format!("/Statement/{}", statement.index) } else { "/Statement".to_owned() }
    }

    fn from_node(node: &Node) -> Result<Self, PolicyError> {
        let Node::Object(members) = node else {
            return Err(PolicyError::NotAnObject(node.kind()));
        };
        let mut top = Top::default();
        for (name, node) in members {
            top.element(name, node)?;
        }
        let statement = top.statement.ok_or(PolicyError::NoStatement)?;
        let statements = statement
            .items()
            .iter()
            .enumerate()
            .map(|(index, node)| read_statement(index, node, top.variables, &top.not_modelled))
            .collect::<Result<_, _>>()?;
        Ok(Self { statements, listed: matches!(statement, Node::List(_)), variables: top.variables })
    }
}

/// The elements of a document.
#[derive(Default)]
struct Top<'n> {
    statement: Option<&'n Node>,
    has_version: bool,
    variables: bool,
    not_modelled: Vec<String>,
}

impl<'n> Top<'n> {
    fn element(&mut self, name: &str, node: &'n Node) -> Result<(), PolicyError> {
        match name {
            "Statement" if self.statement.is_some() => Err(PolicyError::Twice("Statement")),
            "Statement" => {
                self.statement = Some(node);
                Ok(())
            }
            "Version" if self.has_version => Err(PolicyError::Twice("Version")),
            "Version" => {
                self.has_version = true;
                self.variables = read_version(node)?;
                Ok(())
            }
            "Id" => Ok(()),
            _ => {
                self.not_modelled.push(unknown_element(name));
                Ok(())
            }
        }
    }
}

fn read_version(node: &Node) -> Result<bool, PolicyError> {
    match node.scalar().as_deref() {
        Some(WITH_VARIABLES) => Ok(true),
        Some(WITHOUT_VARIABLES) => Ok(false),
        Some(other) => Err(PolicyError::Version(other.to_owned())),
        None => Err(PolicyError::Version(node.kind().to_owned())),
    }
}
