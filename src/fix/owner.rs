//! What owns a resource, by its tags.
//!
//! CloudFormation, and so the CDK, tags what it makes with names under `aws:cloudformation:`
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html>). Terraform tags
//! nothing by itself; taken for its mark is what people commonly set: a tag named after it, or `managed-by` and its like.

use super::document::Owner;
use super::state::State;
use super::step::Place;

/// Names of tags that say by what a resource is managed, in lower case without separators.
const MANAGERS: [&str; 5] = ["managedby", "provisioner", "provisionedby", "createdby", "iac"];

/// Tools that own what they are named on, beside CloudFormation.
const TOOLS: [&str; 4] = ["terraform", "opentofu", "pulumi", "terragrunt"];

/// What owns a resource that is there.
pub fn of(state: &State, place: &Place) -> Option<Owner> {
    let tags = state.at(place, "/tags");
    let tags: Vec<(&String, &str)> = tags.as_object()?.iter().filter_map(|(key, value)| Some((key, value.as_str()?))).collect();
    let tag = |name: &str| tags.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let owner = |tool: &str, stack, logical_id| Some(Owner { tool: tool.to_owned(), resource: place.to_string(), stack, logical_id });
    let logical_id = tag("aws:cloudformation:logical-id");
    if let Some(stack) = tag("aws:cloudformation:stack-name").or_else(|| tag("aws:cloudformation:stack-id")) {
        return owner("cloudformation", Some(stack), logical_id);
    }
    if let Some(path) = tag("aws:cdk:path") {
        return owner("cdk", path.split('/').next().map(str::to_owned), logical_id);
    }
    let tool = tags.iter().find_map(|(key, value)| by_word(key, value))?;
    owner(tool, None, None)
}

fn by_word(key: &str, value: &str) -> Option<&'static str> {
    let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let (key, value) = (plain(key), plain(value));
    TOOLS.into_iter().find(|tool| {
        let managed = MANAGERS.contains(&key.as_str()) && value.contains(tool);
        let named = key.starts_with(tool) && !["false", "no", "0"].contains(&value.as_str());
        managed || named
    })
}

#[cfg(test)]
mod tests {
    use super::by_word;

    #[test]
    fn terraform_is_known_by_the_tags_that_people_set() {
        for (key, value) in
            [("Terraform", "true"), ("managed-by", "Terraform"), ("ManagedBy", "terraform-cloud"), ("terraform:module", "x")]
        {
            assert_eq!(by_word(key, value), Some("terraform"), "{key}");
        }
        assert_eq!(by_word("iac", "Pulumi"), Some("pulumi"));
        for (key, value) in [("terraform", "false"), ("managed-by", "hand"), ("team", "terraform")] {
            assert_eq!(by_word(key, value), None, "{key}");
        }
    }
}
