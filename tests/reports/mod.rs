//! Reports made by hand: the writers are tested without any rule having run.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub mod checks;

use pgwaudit::model::{Call, CallOutcome, Kind, Reason, ResourceId, Scope, Source, SourceKind};
use pgwaudit::output::{Format, Output};
use pgwaudit::report::{
    Counts, FixReport, Health, HopReport, HopStatus, IntegrationReport, NotAssessed, NotCovered, Report, ReportCoverage, ReportedFinding,
    SCHEMA, SuppressedFinding, Tool, fingerprint,
};
use pgwaudit::rules::verdict::{Confidence, Evidence, FixClass, Role, Severity};

pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "eu-west-1";

/// An ARN of the documentation account.
pub fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")
}

pub fn resource(kind: Kind, id: impl Into<String>) -> ResourceId {
    ResourceId { id: id.into(), kind, account: ACCOUNT.into(), region: REGION.into() }
}

/// Everything on standard output, as a table unless something else is asked for.
pub fn output() -> Output {
    Output {
        format: Format::Table,
        files: vec![],
        sarif_anchor: "pgwaudit.toml".into(),
        root: ".".into(),
        blob: None,
        min_severity: Severity::Info,
        quiet: false,
    }
}

/// A report on one account and region in which nothing was found.
pub fn empty() -> Report {
    Report {
        schema: SCHEMA,
        tool: Tool { name: "pgwaudit", version: "0.1.0" },
        taken_at: "2026-11-02T10:15:00Z".parse().expect("a time"),
        source: Source { kind: SourceKind::Live, file: None },
        baseline: None,
        scopes: vec![Scope { account: ACCOUNT.into(), region: REGION.into() }],
        coverage: ReportCoverage {
            complete: true,
            calls: vec![call("events", "ListRules", 2, CallOutcome::Ok)],
            not_covered: vec![],
            filter: vec![],
        },
        integrations: vec![],
        findings: vec![],
        not_assessed: vec![],
        suppressed: vec![],
        gone: vec![],
        declared: Default::default(),
        warnings: vec![],
        counts: Counts { passed: 12, not_applicable: 4, ..Counts::default() },
        exit_code: 0,
    }
}

pub fn call(service: &str, operation: &str, count: u64, outcome: CallOutcome) -> Call {
    Call { account: ACCOUNT.into(), region: REGION.into(), service: service.into(), operation: operation.into(), count, outcome }
}

/// An integration whose hops are present but for those in `changes`.
pub fn integration(rule: &str, verdict: Health, changes: &[(Kind, HopStatus, &str)]) -> IntegrationReport {
    let rule_arn = arn("events", &format!("rule/orders/{rule}"));
    let id = format!("{rule_arn}#private-api");
    let path = [
        (Kind::Rule, rule_arn),
        (Kind::Target, id.clone()),
        (Kind::Destination, arn("events", "api-destination/orders/0d2a5f3e-70c5-4b8e-8a0d-54f1c2f7aa01")),
        (Kind::Connection, arn("events", "connection/orders/7c1e9b52-0a43-4c8f-9a55-0c6f3a1d2b02")),
        (Kind::ResourceConfig, arn("vpc-lattice", "resourceconfiguration/rcfg-0a1b2c3d4e5f60718")),
        (Kind::Gateway, arn("vpc-lattice", "resourcegateway/rgw-0a1b2c3d4e5f60718")),
        (Kind::Endpoint, arn("ec2", "vpc-endpoint/vpce-0a1b2c3d4e5f60718")),
        (Kind::Api, "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5".to_owned()),
        (Kind::Stage, "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5/stages/prod".to_owned()),
        (Kind::Method, "POST /orders".to_owned()),
    ];
    let hops = path.into_iter().map(|(kind, id)| match changes.iter().find(|change| change.0 == kind) {
        None => HopReport { kind, id: id.into(), status: HopStatus::Present, why: None },
        Some((_, HopStatus::None, _)) => HopReport { kind, id: "".into(), status: HopStatus::None, why: None },
        Some((_, status, why)) => HopReport { kind, id: id.into(), status: *status, why: (!why.is_empty()).then(|| (*why).to_owned()) },
    });
    IntegrationReport { id: id.into(), hops: hops.collect(), verdict }
}

pub fn finding(
    rule: &'static str,
    severity: Severity,
    resource: ResourceId,
    message: &str,
    observed: &str,
    expected: &str,
) -> ReportedFinding {
    let evidence = Evidence::new(resource.clone(), "/state").observed(observed).expected(expected);
    ReportedFinding {
        rule,
        severity,
        confidence: Confidence::High,
        message: message.into(),
        evidence: vec![evidence],
        integrations: vec![],
        because: None,
        fix: Some(FixReport { class: FixClass::Guarded }),
        fingerprint: fingerprint(rule, &resource, ""),
        facet: String::new(),
        breaks: Vec::new(),
        blame: None,
        resource,
    }
}

/// What an engineer may meet at three in the morning: three integrations, two broken, one not fully seen.
pub fn incident() -> Report {
    use HopStatus::{Missing, None as NoHop, Unknown};
    let mut report = empty();
    report.source = Source { kind: SourceKind::Snapshot, file: Some("prod-2026-11-02.json".into()) };
    let behind = [Kind::ResourceConfig, Kind::Gateway, Kind::Endpoint].map(|kind| (kind, NoHop, ""));
    let mut lost = vec![(Kind::Connection, Missing, "")];
    lost.extend(behind);
    report.integrations = vec![
        integration("order-cancelled", Health::Broken, &lost),
        integration("order-placed", Health::Broken, &[]),
        integration("order-refunded", Health::Unknown, &[(Kind::Gateway, Unknown, "no permission for GetResourceGateway")]),
        integration("order-shipped", Health::Healthy, &[]),
    ];
    report.findings = incident_findings(&report);
    report.not_assessed = gaps();
    report.coverage.complete = false;
    report.coverage.calls.push(call("vpc-lattice", "GetResourceGateway", 3, CallOutcome::Denied));
    report.coverage.not_covered =
        vec![NotCovered { rule: "destination/stage-unknown", why: "snapshots of this kind hold no deployments".into() }];
    report.suppressed = vec![SuppressedFinding {
        fingerprint: "0".repeat(32),
        rule: "target/role-missing",
        resource: resource(Kind::Target, arn("events", "rule/orders/legacy#api")),
        reason: "goes away with the old shop".into(),
        until: Some("2027-01-31".parse().expect("a date")),
    }];
    report.warnings = vec!["pgwaudit.toml:12:1: this suppression matched nothing".into()];
    let counts = &mut report.counts;
    (counts.critical, counts.high, counts.low) = (2, 1, 1);
    (counts.integrations, counts.not_assessed, counts.suppressed, counts.out_of_scope) = (4, 3, 1, 9);
    report.exit_code = 1;
    report
}

fn incident_findings(report: &Report) -> Vec<ReportedFinding> {
    let id = |index: usize| report.integrations[index].id.clone();
    let connection = resource(Kind::Connection, arn("events", "connection/orders/7c1e9b52-0a43-4c8f-9a55-0c6f3a1d2b02"));
    let mut gone = finding(
        "destination/connection-missing",
        Severity::Critical,
        resource(Kind::Destination, arn("events", "api-destination/orders-archive-of-everything/0d2a5f3e-70c5-4b8e-8a0d-54f1c2f7aa01")),
        "The destination's connection does not exist, so no call is made.",
        "arn:aws:events:eu-west-1:111122223333:connection/orders/1b0c9d8e-0a43-4c8f-9a55-0c6f3a1d2b99",
        "a connection that exists",
    );
    gone.integrations = vec![id(0)];
    let mut refused = finding(
        "connection/deauthorized",
        Severity::Critical,
        connection.clone(),
        "The connection is de-authorized, so nothing that uses it is delivered. Its last word was \u{1b}[31mOAuth\u{1b}[0m.",
        "DEAUTHORIZED: API destination returned 401",
        "AUTHORIZED",
    );
    refused.integrations = vec![id(1), id(2)];
    let secret = resource(Kind::Secret, arn("secretsmanager", "secret:events!connection/orders-AbCdEf"));
    refused.evidence.push(Evidence { role: Role::Related, ..Evidence::new(secret, "").observed("deleted 2026-11-01") });
    let mut follows = finding(
        "resource-config/gateway-missing",
        Severity::High,
        resource(Kind::ResourceConfig, arn("vpc-lattice", "resourceconfiguration/rcfg-0a1b2c3d4e5f60718")),
        "The resource gateway is gone.",
        "rgw-0a1b2c3d4e5f60718",
        "",
    );
    follows.because = Some(refused.fingerprint.clone());
    follows.integrations = vec![id(0), id(1), id(2)];
    let mut small = finding(
        "connection/deauthorized",
        Severity::Low,
        resource(Kind::Connection, arn("events", "connection/idle/5b")),
        "An idle one.",
        "AUTHORIZING",
        "AUTHORIZED",
    );
    small.because = Some(follows.fingerprint.clone());
    small.fix = None;
    vec![refused, gone, follows, small]
}

fn gaps() -> Vec<NotAssessed> {
    let gap = |rule, why: &str, reason, call: &str| NotAssessed {
        rule,
        resource: Some(resource(Kind::Gateway, arn("vpc-lattice", "resourcegateway/rgw-0a1b2c3d4e5f60718"))),
        account: ACCOUNT.into(),
        region: REGION.into(),
        call: call.into(),
        reason,
        why: why.into(),
    };
    vec![
        gap("connection/deauthorized", "no permission for GetResourceGateway", Reason::Denied, "vpc-lattice:GetResourceGateway"),
        gap("resource-config/gateway-missing", "no permission for GetResourceGateway", Reason::Denied, "vpc-lattice:GetResourceGateway"),
        gap("destination/stage-unknown", "the API belongs to account 444455556666, which was not read", Reason::Foreign, ""),
    ]
}

/// A report of so many findings and nothing else.
pub fn crowd(findings: usize) -> Report {
    let mut report = empty();
    report.findings = (0..findings)
        .map(|index| {
            let resource = resource(Kind::Connection, arn("events", &format!("connection/c{index}/{index:032x}")));
            finding(
                "connection/deauthorized",
                Severity::Critical,
                resource,
                "The connection is de-authorized.",
                "DEAUTHORIZED",
                "AUTHORIZED",
            )
        })
        .collect();
    report.counts.critical = findings;
    report.exit_code = 1;
    report
}
