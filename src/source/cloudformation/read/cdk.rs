//! The folder that `cdk synth` writes: its manifest names the stacks and where they will be deployed.
//! <https://docs.aws.amazon.com/cdk/v2/guide/configure-synth.html>

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::error::{Error, Result};
use crate::source::document::{Node, json};

use super::parameters::scalar;
use super::{Found, Root, bounded, broken, unreadable};

/// The file that names what is in the folder.
pub const MANIFEST: &str = "manifest.json";
const AGAIN: &str = "make it again with `cdk synth`";

impl Found {
    /// Takes the stacks of a folder, and of the stages below, if it is one that `cdk synth` wrote.
    pub(super) fn assembly(&mut self, folder: &Path) -> Result<bool> {
        let file = folder.join(MANIFEST);
        let Ok(bytes) = fs::read(&file) else { return Ok(false) };
        // Other programs have manifests as well; only this one leaves a file of this name beside it.
        let sure = folder.join("cdk.out").is_file();
        let text = String::from_utf8_lossy(&bytes);
        let manifest = match json::read(text.trim_start_matches('\u{feff}')) {
            Ok(manifest) if manifest.get("artifacts").is_some() => manifest,
            Err(wrong) if sure => return Err(broken(&file, &wrong)),
            _ if sure => return Err(Error::new(format!("{}: names no artifacts", file.display())).next(AGAIN)),
            _ => return Ok(false),
        };
        for (id, artifact) in manifest.get("artifacts").map(Node::entries).unwrap_or_default() {
            let property = |name: &str| artifact.get("properties").and_then(|properties| properties.get(name));
            match (artifact.get("type").and_then(Node::text), property("templateFile").and_then(Node::text)) {
                (Some("aws:cloudformation:stack"), Some(template)) => self.stack(folder, &id.text, artifact, template)?,
                (Some("cdk:cloud-assembly"), _) => {
                    let stage = property("directoryName").and_then(Node::text).unwrap_or(&id.text);
                    if !self.assembly(&folder.join(stage))? {
                        let what = format!("{}: the stage `{}` has no manifest in {stage}", file.display(), id.text);
                        return Err(Error::new(what).next(AGAIN));
                    }
                }
                _ => {}
            }
        }
        Ok(true)
    }

    fn stack(&mut self, folder: &Path, id: &str, artifact: &Node, template: &str) -> Result<()> {
        let file = folder.join(template);
        self.hits += 1;
        if !self.first_time(&file) {
            return Ok(());
        }
        let bytes = bounded(&file).map_err(|error| unreadable(&file, &error).next(AGAIN))?.ok_or_else(|| super::too_large(&file))?;
        let template = super::parse(&file, &bytes).map_err(|wrong| broken(&file, &wrong))?;
        let properties = artifact.get("properties");
        let name = properties.and_then(|properties| properties.get("stackName")).and_then(Node::text).unwrap_or(id);
        let (account, region) = environment(artifact.get("environment").and_then(Node::text).unwrap_or_default());
        let given = properties.and_then(|properties| properties.get("parameters")).map(Node::entries).unwrap_or_default();
        let parameters: BTreeMap<_, _> = given.iter().filter_map(|(key, node)| Some((key.text.clone(), scalar(node)?))).collect();
        let root = Root { name: name.to_owned(), parameters, account, region, ..Root::new(&file, folder, template) };
        self.roots.push(root);
        Ok(())
    }
}

/// `aws://ACCOUNT/REGION`, where either may be unknown.
fn environment(text: &str) -> (Option<String>, Option<String>) {
    let (account, region) = text.strip_prefix("aws://").and_then(|text| text.split_once('/')).unwrap_or_default();
    let known = |text: &str, unknown: &str| (!text.is_empty() && text != unknown).then(|| text.to_owned());
    (known(account, "unknown-account"), known(region, "unknown-region"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_are_known_in_part() {
        let of = |text| {
            let (account, region) = environment(text);
            (account.unwrap_or_default(), region.unwrap_or_default())
        };
        assert_eq!(of("aws://111122223333/eu-west-1"), ("111122223333".into(), "eu-west-1".into()));
        assert_eq!(of("aws://unknown-account/eu-west-1"), (String::new(), "eu-west-1".into()));
        assert_eq!(of("aws://unknown-account/unknown-region"), Default::default());
        assert_eq!(of(""), Default::default());
    }
}
