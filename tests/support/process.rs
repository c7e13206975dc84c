//! A child process that talks in lines and dies with us.

use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

/// Variables that would make a client leave the machine or find real credentials.
const UNWANTED: [&str; 6] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];

/// Removes what must not reach a process under test: credentials and proxies.
pub fn scrub(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    for name in UNWANTED {
        command.env_remove(name);
    }
}

/// A running Python process of the test server.
pub struct Child {
    process: std::process::Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Child {
    /// Starts Python with these arguments and the test server's package on its path.
    pub fn start(python: &super::python::Python, args: &[&str]) -> Self {
        let mut command = python.command();
        scrub(&mut command);
        let mut process = command
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|wrong| panic!("cannot start {}: {wrong}", python.display()));
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().expect("standard output was piped"));
        Self { process, input, output }
    }

    /// Sends one line.
    pub fn write_line(&mut self, line: &str) {
        let input = self.input.as_mut().expect("standard input was piped");
        input
            .write_all(format!("{line}\n").as_bytes())
            .and_then(|()| input.flush())
            .unwrap_or_else(|wrong| panic!("the process has ended: {wrong}"));
    }

    /// Reads one line, without its end; empty if the process has ended.
    pub fn read_line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap_or_else(|wrong| panic!("the process cannot be read: {wrong}"));
        line.trim_end().to_owned()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.input.take());
        // Both ends may already be gone; there is nothing to do about it then.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
