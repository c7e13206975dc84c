//! Lines of a stack trace, as the CDK keeps them: of JavaScript, and of languages that call it.

/// A place in a file that a person wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// As the trace has it, with `/`.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, where there is one.
    pub column: Option<u32>,
}

/// Parts of paths that belong to libraries, to the runtime and to the bridge between languages.
const FOREIGN: [&str; 7] =
    ["/node_modules/", "/site-packages/", "/dist-packages/", "/jsii-kernel-", "/jsii-runtime", "node:", "internal/modules/"];

impl Frame {
    /// The place in one line of a trace, unless it is in a library or is none.
    pub fn parse(line: &str) -> Option<Frame> {
        let line = line.trim();
        let place = match line.strip_suffix(')') {
            Some(call) => call.rsplit_once(" (").map_or(call, |(_, place)| place).trim_start_matches('('),
            None => line.strip_prefix("at ").map(|place| place.trim_start_matches("async "))?,
        };
        let place = place.strip_prefix("file://").unwrap_or(place).replace('\\', "/");
        let (rest, last) = number_behind(&place)?;
        let (file, line, column) = match number_behind(rest) {
            Some((file, line)) => (file, line, Some(last)),
            None => (rest, last, None),
        };
        // `file:///C:/x` has a slash before the drive.
        let file = file.strip_prefix('/').filter(|file| has_drive(file)).unwrap_or(file);
        let foreign = file.is_empty() || file.starts_with("...") || FOREIGN.iter().any(|part| file.contains(part));
        (!foreign && line > 0 && !file.contains(['(', ')'])).then(|| Frame { file: file.to_owned(), line, column })
    }
}

/// `X:12` as X and 12.
fn number_behind(text: &str) -> Option<(&str, u32)> {
    let (rest, digits) = text.rsplit_once(':')?;
    digits.parse().ok().filter(|_| !rest.is_empty()).map(|number| (rest, number))
}

/// Whether a path begins with a drive of Windows.
pub fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', b'/', ..] if letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_read_in_every_form() {
        for (line, file, number, column) in [
            ("new OrdersStack (/app/lib/orders-stack.ts:51:28)", "/app/lib/orders-stack.ts", 51, Some(28)),
            ("    at new OrdersStack (/app/lib/orders-stack.ts:51:28)", "/app/lib/orders-stack.ts", 51, Some(28)),
            ("<anonymous> (/app/bin/app.ts:11:1)", "/app/bin/app.ts", 11, Some(1)),
            ("    at /app/bin/app.js:11:1", "/app/bin/app.js", 11, Some(1)),
            ("at async file:///app/bin/app.mjs:3:9", "/app/bin/app.mjs", 3, Some(9)),
            ("at file:///C:/code/app.mjs:3:9", "C:/code/app.mjs", 3, Some(9)),
            ("new S (C:\\code\\my app\\lib\\s.ts:51:28)", "C:/code/my app/lib/s.ts", 51, Some(28)),
            ("__init__ (/app/stacks/private_stack.py:20)", "/app/stacks/private_stack.py", 20, None),
            ("__init__ (C:\\app\\private_stack.py:20)", "C:/app/private_stack.py", 20, None),
            ("/x.js:416: (/x.js:416:3)", "/x.js", 416, Some(3)),
        ] {
            let expected = Frame { file: file.to_owned(), line: number, column };
            assert_eq!(Frame::parse(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn libraries_and_remarks_are_no_place() {
        for line in [
            "...new SecurityGroup2 in aws-cdk-lib...",
            ".../app/node_modules/aws-cdk-lib/aws-ec2/lib/vpc.js:1:295 in aws-cdk-lib...",
            "...node internals, ts-node, ts-node...",
            "(no user code in 10 frames, use --stack-trace-limit to capture more)",
            "Array.forEach (:)",
            "Array.forEach (<anonymous>)",
            "    at new Vpc2 (/app/node_modules/aws-cdk-lib/aws-ec2/lib/vpc.js:1:295)",
            "    at Module._compile (node:internal/modules/cjs/loader:1554:14)",
            "new S (C:\\app\\node_modules\\x\\s.js:1:2)",
            "f (/usr/lib/python3/dist-packages/jsii/_kernel/__init__.py:20)",
            "",
        ] {
            assert_eq!(Frame::parse(line), None, "{line}");
        }
    }
}
