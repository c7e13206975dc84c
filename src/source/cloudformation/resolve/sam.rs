//! Names of the resources that SAM makes and that no template writes out.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html>

use super::super::super::planned::Resolved;
use super::Resolver;

/// The logical id of the API that SAM makes for functions that name none.
pub const IMPLICIT_API: &str = "ServerlessRestApi";

impl<'a> Resolver<'a> {
    /// An attribute of a resource that SAM makes; `None` where it makes none of this name.
    pub(super) fn generated(&self, stack: usize, id: &str, attribute: &str) -> Option<Resolved> {
        let scope = self.scopes.get(stack).filter(|scope| scope.is_sam())?;
        if let Some((owner, part)) = id.split_once('.').filter(|_| attribute.is_empty()) {
            let owner = scope.resource(owner).filter(|owner| owner.kind.starts_with("AWS::Serverless::"));
            return owner.map(|owner| self.attribute(stack, owner, part));
        }
        if id == IMPLICIT_API {
            let seed = scope.seed_of(id);
            return Some(match attribute {
                "" | "RestApiId" => self.mint.word(&seed, 10).into(),
                "RootResourceId" => self.mint.word(&format!("{seed}/root"), 10).into(),
                "Stage" => "Prod".into(),
                _ => return None,
            });
        }
        if let Some(owner) = id.strip_suffix("Role").and_then(|owner| scope.resource(owner)).filter(|owner| has_role(owner.kind)) {
            let name = self.role_of(stack, owner.id);
            return Some(match attribute {
                "" => name.into(),
                "Arn" => format!("arn:{}:iam::{}:role/{name}", scope.partition, scope.account).into(),
                _ => return None,
            });
        }
        let stage = id.strip_suffix("Stage")?;
        let api = scope
            .resources
            .iter()
            .find(|resource| resource.kind == "AWS::Serverless::Api" && stage.starts_with(resource.id) && attribute.is_empty())?;
        Some(self.property(stack, *api, &["StageName"]))
    }

    /// The name of the role that SAM makes for a function or a state machine.
    pub fn role_of(&self, stack: usize, owner: &str) -> String {
        let Some(scope) = self.scopes.get(stack) else { return String::new() };
        self.mint.name(&scope.stack.name, &format!("{owner}Role"), &scope.seed_of(&format!("{owner}Role")))
    }
}

fn has_role(kind: &str) -> bool {
    matches!(kind, "AWS::Serverless::Function" | "AWS::Serverless::StateMachine")
}
