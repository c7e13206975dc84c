//! Token buckets with the limits that AWS publishes, so that a scan leaves room for others.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::action::{Action, GET_RESOURCES};

/// How fast calls may be made: `rate` each second, and `burst` at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    rate: f64,
    burst: f64,
}

impl Limit {
    /// What AWS publishes for all calls of a service in one account and region together.
    ///
    /// EventBridge's control plane: 50/s (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html>);
    /// API Gateway's: 10/s with a burst of 40 (<https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>);
    /// Route 53's: 5/s (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html>);
    /// CloudTrail's `LookupEvents`: 2/s (<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>).
    fn published(service: &str) -> Option<Limit> {
        match service {
            "events" => Some(Limit { rate: 50.0, burst: 50.0 }),
            "apigateway" => Some(Limit { rate: 10.0, burst: 40.0 }),
            "cloudtrail" => Some(Limit { rate: 2.0, burst: 2.0 }),
            "route53" => Some(Limit { rate: 5.0, burst: 5.0 }),
            _ => None,
        }
    }

    /// The published limit of a single operation: API Gateway's `GetResources` may be called 5 times in 2 s.
    fn of_operation(action: Action) -> Option<Limit> {
        (action == GET_RESOURCES).then_some(Limit { rate: 2.5, burst: 5.0 })
    }

    /// The published limit lowered to the user's: `None` keeps it, `Some(0)` lifts every limit of ours.
    fn lowered(published: Option<Limit>, max_rate: Option<u32>) -> Option<Limit> {
        match max_rate {
            None => published,
            Some(0) => None,
            Some(rate) => {
                let rate = f64::from(rate);
                Some(
                    published
                        .map_or(Limit { rate, burst: rate }, |limit| Limit { rate: limit.rate.min(rate), burst: limit.burst.min(rate) }),
                )
            }
        }
    }
}

/// The buckets of one service in one account and region.
#[derive(Debug)]
pub struct Buckets {
    service: Option<Bucket>,
    get_resources: Option<Bucket>,
}

impl Buckets {
    /// Full buckets for `service` (an IAM prefix), with the user's `--max-rate`.
    pub fn new(service: &str, max_rate: Option<u32>) -> Self {
        let bucket = |published| Limit::lowered(published, max_rate).map(Bucket::new);
        Buckets {
            service: bucket(Limit::published(service)),
            get_resources: (service == GET_RESOURCES.service).then(|| bucket(Limit::of_operation(GET_RESOURCES))).flatten(),
        }
    }

    /// Takes what a call of `action` costs and says how long it has to wait for it.
    pub fn take(&self, action: Action) -> Duration {
        let operation = if action == GET_RESOURCES { self.get_resources.as_ref() } else { None };
        let now = Instant::now();
        [self.service.as_ref(), operation].into_iter().flatten().map(|bucket| bucket.take(now)).max().unwrap_or_default()
    }
}

#[derive(Debug)]
struct Bucket {
    limit: Limit,
    level: Mutex<(f64, Instant)>,
}

impl Bucket {
    fn new(limit: Limit) -> Self {
        Bucket { limit, level: Mutex::new((limit.burst, Instant::now())) }
    }

    /// Takes one token, if need be one of the future, and says when it is there.
    fn take(&self, now: Instant) -> Duration {
        let mut level = self.level.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let filled = level.0 + now.duration_since(level.1).as_secs_f64() * self.limit.rate;
        *level = (filled.min(self.limit.burst) - 1.0, now);
        Duration::from_secs_f64((-level.0 / self.limit.rate).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::action::{DESCRIBE_VPCS, GET_STAGES, LIST_RULES};
    use super::*;

    /// When the `n`th of many calls made at once may start.
    fn nth(buckets: &Buckets, action: Action, n: usize) -> f64 {
        (0..n).map(|_| buckets.take(action)).last().unwrap_or_default().as_secs_f64()
    }

    #[test]
    fn the_published_limits_hold() {
        assert!((nth(&Buckets::new("events", None), LIST_RULES, 150) - 2.0).abs() < 0.1);
        assert!((nth(&Buckets::new("apigateway", None), GET_STAGES, 60) - 2.0).abs() < 0.1);
        assert!((nth(&Buckets::new("apigateway", None), GET_RESOURCES, 15) - 4.0).abs() < 0.1);
        assert!(nth(&Buckets::new("ec2", None), DESCRIBE_VPCS, 500) < f64::EPSILON);
    }

    #[test]
    fn the_users_rate_only_lowers_and_zero_lifts() {
        assert!((nth(&Buckets::new("ec2", Some(5)), DESCRIBE_VPCS, 10) - 1.0).abs() < 0.1);
        assert!((nth(&Buckets::new("events", Some(500)), LIST_RULES, 150) - 2.0).abs() < 0.1);
        assert!(nth(&Buckets::new("apigateway", Some(0)), GET_RESOURCES, 500) < f64::EPSILON);
    }
}
