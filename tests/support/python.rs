//! Virtual environments of the test server and of other tools, each made once under the target directory.
//!
//! Test binaries run side by side, so a lock file lets one make it while the others wait; a marker written
//! last tells a finished environment from one whose making was interrupted.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the server's package is.
const PACKAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/backend");
/// Where cargo lets integration tests put files.
const SCRATCH: &str = env!("CARGO_TARGET_TMPDIR");

/// A Python with everything that was required.
pub struct Python {
    executable: PathBuf,
}

impl Python {
    /// A command with the package on its path and its compiled files outside the source tree.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.executable);
        command
            .env("PYTHONPATH", PACKAGE)
            .env("PYTHONPYCACHEPREFIX", Path::new(SCRATCH).join("pycache"))
            .env_remove("PYTHONHOME")
            .current_dir(PACKAGE);
        command
    }

    /// Where its programs are.
    pub fn programs(&self) -> PathBuf {
        self.executable.parent().map(Path::to_owned).unwrap_or_default()
    }

    /// The executable, for messages.
    pub fn display(&self) -> std::path::Display<'_> {
        self.executable.display()
    }
}

/// The environment of the test server, made if it is not there.
pub fn prepare() -> Python {
    prepare_for(&Path::new(PACKAGE).join("requirements.txt"))
}

/// The environment for what a file of requirements has at present, made if it is not there.
pub fn prepare_for(file: &Path) -> Python {
    let requirements = fs::read_to_string(file).expect("a file of requirements");
    let mut hasher = DefaultHasher::new();
    (&requirements, python_version()).hash(&mut hasher);
    let home = Path::new(SCRATCH).join(format!("python-{:016x}", hasher.finish()));
    let lock = File::create(home.with_extension("lock")).expect("a lock file in the target directory");
    lock.lock().expect("the lock of the Python environment");
    if !home.join("finished").exists() {
        make(&home, file);
    }
    Python { executable: home.join("bin/python") }
}

/// `Python 3.11.7`; the environment of one version does not work with another.
fn python_version() -> String {
    let found = Command::new("python3").args(["-c", "import sys; print(*sys.version_info[:3])"]).output();
    let Ok(found) = found else {
        panic!("python3 is not installed: the tests need it (Debian: apt-get install python3 python3-venv)");
    };
    let version = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    let minor = version.split(' ').nth(1).and_then(|part| part.parse::<u32>().ok());
    assert!(version.starts_with("3 ") && minor >= Some(10), "the tests need Python 3.10 or later, and python3 is {version:?}");
    version
}

fn make(home: &Path, requirements: &Path) {
    if home.exists() {
        fs::remove_dir_all(home).expect("a half-made Python environment can be removed");
    }
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv"]).arg(home);
    run(venv, "make a virtual environment: is Debian's package python3-venv installed? (apt-get install python3-venv)");
    let mut pip = Command::new(home.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--requirement"]).arg(requirements);
    run(pip, "install what the tests require: is PyPI reachable?");
    fs::write(home.join("finished"), "").expect("the marker of a finished Python environment");
}

fn run(mut command: Command, purpose: &str) {
    let done = command.output().unwrap_or_else(|wrong| panic!("cannot {purpose}: {wrong}"));
    assert!(done.status.success(), "cannot {purpose}\n{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
}
