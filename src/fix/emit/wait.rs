//! A wait of a plan for the shell.

use super::cli::quoted_text;
use crate::arn::Arn;
use crate::fix::step::Wait;

/// The function of the shell that waits. A state counts when it is seen twice in a row: right after a change there may
/// still be the one before it.
pub const FUNCTION: &str = r#"
# wait_for GOOD BAD SECONDS COMMAND: until what the command prints is one of the good words
wait_for() {
  local good=" $1 " bad=" $2 " end=$((SECONDS + $3)) before='' now
  shift 3
  while now=$("$@"); do
    if [ "$now" = "$before" ]; then
      case "$good" in *" $now "*) return 0 ;; esac
      case "$bad" in *" $now "*) echo "it has come to $now: $*" >&2; return 1 ;; esac
    fi
    [ "$SECONDS" -lt "$end" ] || { echo "it is still $now: $*" >&2; return 1; }
    before=$now
    sleep 3
  done
  return 1
}
"#;

/// The line that waits; a comment where nothing is known to ask for the state.
pub fn line(wait: &Wait) -> String {
    let (place, until) = (&wait.place, wait.until.join(" "));
    let Some(ask) = ask(&place.collection, &place.key) else {
        return format!("# wait here until {place} is {}", wait.until.join(" or "));
    };
    let states = format!("'{until}' '{}' {}", wait.never.join(" "), wait.seconds);
    format!("wait_for {states} aws {ask} --region {} --output text", place.region)
}

/// What asks for the state of a resource.
fn ask(collection: &str, key: &str) -> Option<String> {
    Some(match collection {
        "gateways" => format!("vpc-lattice get-resource-gateway --resource-gateway-identifier {} --query status", quoted_text(key)),
        "resource_configs" => {
            format!("vpc-lattice get-resource-configuration --resource-configuration-identifier {} --query status", quoted_text(key))
        }
        "connections" => {
            let name = Arn::parse(key)?.resource.split('/').nth(1)?;
            format!("events describe-connection --name {} --query ConnectionState", quoted_text(name))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::step::Place;

    #[test]
    fn each_state_is_asked_for_by_what_was_made() {
        let said = |collection: &str, key: &str| {
            let texts = |all: &[&str]| all.iter().map(ToString::to_string).collect();
            let place = Place::new(("111122223333", "eu-west-1"), collection, key);
            line(&Wait { place, pointer: "/status".to_owned(), until: texts(&["ACTIVE"]), never: texts(&["FAILED"]), seconds: 60 })
        };
        assert_eq!(
            said("gateways", "arn:aws:vpc-lattice:eu-west-1:111122223333:resourcegateway/$new-5"),
            "wait_for 'ACTIVE' 'FAILED' 60 aws vpc-lattice get-resource-gateway --resource-gateway-identifier \
             'arn:aws:vpc-lattice:eu-west-1:111122223333:resourcegateway/'\"${new_5}\"'' --query status --region eu-west-1 --output text"
        );
        let connection = said("connections", "arn:aws:events:eu-west-1:111122223333:connection/orders/$new-7");
        assert!(connection.contains("aws events describe-connection --name 'orders' --query ConnectionState"), "{connection}");
        assert_eq!(said("queues", "q"), "# wait here until queues/q is ACTIVE");
    }
}
