//! The repository that a run stands in: reports name files from its root, as code hosts do.

use std::path::{Component, Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What need not be encoded in a path of a URI (RFC 3986, section 2.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The nearest folder upwards that holds `.git`; `directory` itself where there is none.
pub fn root(directory: &Path) -> PathBuf {
    let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    directory.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&directory).to_owned()
}

/// The name of an existing file from the root, with `/`; links are followed. Nothing for what lies outside.
pub fn relative(root: &Path, file: &Path) -> Option<String> {
    let file = file.canonicalize().ok()?;
    let parts = file.strip_prefix(root).ok()?.components().map(|part| part.as_os_str().to_str());
    Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
}

/// Whether a name in a report is one from the root: relative, and never leading out.
pub fn is_inside(name: &str) -> bool {
    let schemeless = !name.split('/').next().is_some_and(|first| first.contains(':')) && !name.contains('\\');
    let mut parts = Path::new(name).components();
    !name.is_empty() && name != "-" && schemeless && parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// A name from the root as a relative URI.
pub fn uri(name: &str) -> String {
    let parts = name.split('/').filter(|part| !part.is_empty() && *part != ".");
    parts.map(|part| utf8_percent_encode(part, ENCODED).to_string()).collect::<Vec<_>>().join("/")
}

/// Where a workflow's commit can be read: the URL up to the names of files, from GitHub's variables.
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>
pub fn blob(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    let (server, repository, commit) = (set("GITHUB_SERVER_URL")?, set("GITHUB_REPOSITORY")?, set("GITHUB_SHA")?);
    Some(format!("{server}/{repository}/blob/{commit}/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_from_the_root_of_the_repository() {
        let directory = tempfile::tempdir().expect("a directory");
        let home = directory.path().canonicalize().expect("a directory");
        let (repository, inner) = (home.join("a"), home.join("a/infra/lib"));
        std::fs::create_dir_all(&inner).expect("folders");
        assert_eq!(root(&inner), inner);
        std::fs::write(repository.join(".git"), "gitdir: elsewhere").expect("written"); // as in a work tree
        assert_eq!((root(&inner), root(&repository)), (repository.clone(), repository.clone()));
        std::fs::write(inner.join("stack.ts"), "").expect("written");
        std::fs::write(home.join("other.ts"), "").expect("written");
        assert_eq!(relative(&repository, &inner.join("../lib/stack.ts")).as_deref(), Some("infra/lib/stack.ts"));
        assert_eq!(relative(&repository, &home.join("other.ts")), None);
        assert_eq!(relative(&repository, &inner.join("none.ts")), None);
    }

    #[test]
    fn names_that_lead_out_are_told_from_others() {
        for inside in ["template.yaml", "infra/lib/my stack.ts", "./a.json", "a/b:c.ts"] {
            assert!(is_inside(inside), "{inside}");
        }
        for outside in ["", "-", "/etc/a.json", "../a.json", "a/../../b.json", "C:\\a.json", "file:///a.json"] {
            assert!(!is_inside(outside), "{outside}");
        }
    }

    #[test]
    fn a_workflow_says_where_its_files_can_be_read() {
        let of = |names: &'static [&'static str]| blob(|name| names.contains(&name).then(|| name.to_lowercase()));
        let all = of(&["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_SHA"]);
        assert_eq!(all.as_deref(), Some("github_server_url/github_repository/blob/github_sha/"));
        assert_eq!(of(&["GITHUB_SERVER_URL", "GITHUB_SHA"]), None);
    }
}
