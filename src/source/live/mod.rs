//! Deployed accounts, read over the AWS SDK.
//!
//! The calls only read. Each is made once, within the limits that AWS publishes, and only for what a chain
//! names; what a call did not tell is unknown in exactly the fields it would have filled. No type of the SDK
//! and no future leaves this module.

mod action;
pub(crate) mod again;
mod alarms;
mod apigateway;
pub(crate) mod call;
mod cells;
mod convert;
pub(crate) mod deployments;
mod domains;
mod events;
mod http;
mod iam;
mod keys;
mod lattice;
mod limit;
mod named;
mod network;
pub(crate) mod pager;
mod pipes;
mod progress;
mod queues;
mod read;
mod remembered;
mod routing;
mod secrets;
mod session;
mod shares;
pub(crate) mod stacks;
mod states;
mod throttle;
pub(crate) mod trail;
mod whole;
pub(crate) mod why;
mod zones;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{FutureExt, join_all};
use jiff::Timestamp;

pub use self::action::{ACTIONS, Action};
use self::call::Scan;
use self::cells::Cell;
pub use self::progress::{Event, Progress};
use self::read::Global;
pub use self::remembered::Remembered;
use self::session::Session;
use crate::error::{Error, Result};
use crate::model::snapshot::SCHEMA;
use crate::model::{Account, Filter, Known, Region, Snapshot, Source, SourceKind};

/// What to read, and how gently.
#[derive(Clone, Debug)]
pub struct LiveOptions {
    /// `--profile`; else `AWS_PROFILE`.
    pub profile: Option<String>,
    /// `--region`, in the user's order; empty for the environment's or the profile's.
    pub regions: Vec<String>,
    /// `--all-regions`: every region that is enabled for the account and has VPC Lattice.
    pub all_regions: bool,
    /// `--endpoint-url` for every service; `AWS_ENDPOINT_URL*` work without it.
    pub endpoint_url: Option<String>,
    /// Roles to read accounts through, one account each.
    pub assume_roles: Vec<AssumeRole>,
    /// Read the caller's own account too when there are roles.
    pub with_own_account: bool,
    /// Most calls of a service in a second; `Some(0)` lifts the limits that AWS publishes as well.
    pub max_rate: Option<u32>,
    /// Most calls of a service under way at once.
    pub concurrency: usize,
    /// Time for the whole scan; what was not read by then is unknown.
    pub timeout: Option<Duration>,
    /// What is read in depth; lists are read whole.
    pub filter: Filter,
    /// Read as well what no chain names but what could take the place of what one does: resource configurations, gateways,
    /// private APIs.
    pub substitutes: bool,
    /// Read as well what a baseline knows of, if it is there.
    pub remembered: Remembered,
    /// Who is told of the progress.
    pub progress: Progress,
}

impl Default for LiveOptions {
    fn default() -> Self {
        LiveOptions {
            profile: None,
            regions: Vec::new(),
            all_regions: false,
            endpoint_url: None,
            assume_roles: Vec::new(),
            with_own_account: false,
            max_rate: None,
            concurrency: 16,
            timeout: None,
            filter: Filter::default(),
            substitutes: false,
            remembered: Remembered::default(),
            progress: Progress::default(),
        }
    }
}

/// A role of another account, assumed from the caller's credentials.
#[derive(Clone, Debug, Default)]
pub struct AssumeRole {
    /// ARN of the role.
    pub arn: String,
    /// External id that its trust policy asks for.
    pub external_id: Option<String>,
    /// Name of the session; `pgwaudit` where there is none.
    pub session_name: Option<String>,
}

/// Reads everything that the options name.
///
/// # Errors
/// Where nothing can be read at all: no credentials, no region, an endpoint that does not answer. Anything
/// less is told in the snapshot.
pub fn load(options: &LiveOptions) -> Result<Snapshot> {
    // Not on the caller's thread: without optimisation the SDK's futures need 1 MiB, which is all that some have.
    let scan = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("scan".to_owned()).stack_size(STACK);
        thread.spawn_scoped(scope, || run(options)).map(|scan| scan.join())
    });
    match scan {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        Err(error) => Err(cannot_start(&error)),
    }
}

/// Bytes of stack for the thread that waits for everything. Requests run in tasks of their own on threads of the
/// usual size, of which they need a quarter.
const STACK: usize = 8 << 20;

fn cannot_start(error: &std::io::Error) -> Error {
    Error::new(format!("the scan cannot start: {error}")).next("free some threads and memory, and try again")
}

fn run(options: &LiveOptions) -> Result<Snapshot> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| cannot_start(&error))?;
    let snapshot = runtime.block_on(read_all(options));
    runtime.shutdown_background();
    snapshot
}

async fn read_all(options: &LiveOptions) -> Result<Snapshot> {
    let taken_at = Timestamp::now();
    let session = Session::open(options).await?;
    let scan = Scan::new(options);
    let cells = cells::cells(&session, options, &scan).await?;
    let mut accounts: BTreeMap<String, (Arc<Global>, Vec<Cell>)> = BTreeMap::new();
    for cell in cells {
        let account = accounts.entry(cell.scope.account.clone()).or_insert_with(|| (Arc::new(cell.global(&scan)), Vec::new()));
        account.1.push(cell);
    }
    let read = accounts.into_iter().map(async |(id, (global, cells))| (id, account(&scan, global, cells).boxed().await));
    let accounts = join_all(read).await.into_iter().collect();
    Ok(Snapshot {
        schema: SCHEMA.to_owned(),
        taken_at,
        source: Source { kind: SourceKind::Live, file: None },
        coverage: scan.coverage(),
        accounts,
    })
}

async fn account(scan: &Arc<Scan>, global: Arc<Global>, cells: Vec<Cell>) -> Account {
    let unread = cells.iter().map(|cell| cell.unread.clone()).collect::<Option<Vec<_>>>().and_then(|gaps| gaps.into_iter().next());
    let regions = cells.into_iter().map(|cell| region(scan, global.clone(), cell).boxed());
    let regions: BTreeMap<String, Region> = join_all(regions).await.into_iter().collect();
    let roles = match unread {
        Some(unknown) => Known::Unknown(unknown),
        None => global.iam.collected().await,
    };
    Account { roles, regions }
}

async fn region(scan: &Arc<Scan>, global: Arc<Global>, cell: Cell) -> (String, Region) {
    let name = cell.scope.region.clone();
    match &cell.unread {
        Some(unknown) => (name, Region::unread(unknown)),
        None => (name, read::region(&cell.services(scan, global)).await),
    }
}
