//! Invocation URLs with one part replaced, all else as it was written.

/// A URL cut at its joints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts<'u> {
    scheme: &'u str,
    host: &'u str,
    port: Option<&'u str>,
    path: &'u str,
    query: &'u str,
}

impl<'u> Parts<'u> {
    /// Cuts a URL; nothing where user information or a value is masked, because what is masked may not be sent back.
    pub fn of(text: &'u str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let (rest, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if text.contains("masked-") || authority.contains('@') {
            return None;
        }
        let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
        Some(Parts { scheme, host, port, path, query })
    }

    fn text(&self) -> String {
        let port = self.port.map_or_else(String::new, |port| format!(":{port}"));
        format!("{}://{}{port}{}{}", self.scheme, self.host, self.path, self.query)
    }

    /// With `https` and no port.
    pub fn https(&self) -> String {
        Parts { scheme: "https", port: None, ..self.clone() }.text()
    }

    /// With another host.
    pub fn host(&self, host: &str) -> String {
        Parts { host, ..self.clone() }.text()
    }

    /// With another first segment.
    pub fn first(&self, segment: &str) -> String {
        let rest = self.path.trim_start_matches('/').split_once('/').map_or("", |(_, rest)| rest);
        let path = if rest.is_empty() { format!("/{segment}") } else { format!("/{segment}/{rest}") };
        Parts { path: &path, ..self.clone() }.text()
    }

    /// With a segment before all others.
    pub fn before(&self, segment: &str) -> String {
        let path = format!("/{segment}/{}", self.path.trim_start_matches('/'));
        Parts { path: path.trim_end_matches('/'), ..self.clone() }.text()
    }

    /// With one slash where several follow each other.
    pub fn single_slashes(&self) -> String {
        let mut path = self.path.to_owned();
        while path.contains("//") {
            path = path.replace("//", "/");
        }
        Parts { path: &path, ..self.clone() }.text()
    }

    /// With another path behind the first `kept` segments.
    pub fn below(&self, kept: usize, path: &str) -> String {
        let head: Vec<&str> = self.path.trim_start_matches('/').split('/').take(kept).collect();
        let head = if head.is_empty() { String::new() } else { format!("/{}", head.join("/")) };
        let path = format!("{head}{path}");
        Parts { path: &path, ..self.clone() }.text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_part_changes_and_nothing_else() {
        let parts = Parts::of("http://a1.execute-api.eu-west-1.amazonaws.com:80/Prod/orders/*?x=1").expect("parts");
        assert_eq!(parts.https(), "https://a1.execute-api.eu-west-1.amazonaws.com/Prod/orders/*?x=1");
        assert_eq!(parts.first("prod"), "http://a1.execute-api.eu-west-1.amazonaws.com:80/prod/orders/*?x=1");
        assert_eq!(parts.before("v1"), "http://a1.execute-api.eu-west-1.amazonaws.com:80/v1/Prod/orders/*?x=1");
        assert_eq!(parts.below(1, "/x"), "http://a1.execute-api.eu-west-1.amazonaws.com:80/Prod/x?x=1");
        assert_eq!(Parts::of("https://h").expect("parts").first("prod"), "https://h/prod");
        assert_eq!(Parts::of("https://u:p@h/x"), None);
        assert_eq!(Parts::of("https://h/x?token=masked-named-1a2b"), None);
    }
}
