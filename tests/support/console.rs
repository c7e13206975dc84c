//! What people do in the console, as the calls that it makes.

use super::Scope;
use serde_json::{Value, json};

/// [`Scope::call`] where anything but an answer fails the test.
pub fn call(scope: &Scope<'_>, service: &str, operation: &str, params: Value) -> Value {
    scope.call(service, operation, params).unwrap_or_else(|error| panic!("{operation}: {error}"))
}

/// TCP 443 to or from a range, as security groups write it.
pub fn https(cidr: &str) -> Value {
    json!([{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": cidr}]}])
}

impl Scope<'_> {
    /// Makes a connection with an API key that goes through a resource configuration.
    pub fn make_connection(&self, name: &str, configuration_arn: &Value) -> Value {
        let key = json!({"ApiKeyAuthParameters": {"ApiKeyName": "x-api-key", "ApiKeyValue": "demo"}});
        let path = json!({"ResourceParameters": {"ResourceConfigurationArn": configuration_arn}});
        let params = json!({"Name": name, "AuthorizationType": "API_KEY", "AuthParameters": key, "InvocationConnectivityParameters": path});
        call(self, "events", "create_connection", params)
    }

    /// Makes an execute-api endpoint with private DNS; `place` says in which VPC and subnets, and with which groups.
    pub fn make_endpoint(&self, mut place: Value) {
        place["VpcEndpointType"] = json!("Interface");
        place["PrivateDnsEnabled"] = json!(true);
        place["ServiceName"] = json!(format!("com.amazonaws.{}.execute-api", self.region));
        call(self, "ec2", "create_vpc_endpoint", place);
    }

    /// Lets a resource configuration lead to a name, with the family of its addresses.
    pub fn lead_to(&self, configuration: &Value, domain: &str, family: &str) {
        let definition = json!({"dnsResource": {"domainName": domain, "ipAddressType": family}});
        let params = json!({"resourceConfigurationIdentifier": configuration, "resourceConfigurationDefinition": definition});
        call(self, "vpc-lattice", "update_resource_configuration", params);
    }

    /// Lets a security group send HTTPS to a range.
    pub fn let_out(&self, group: &Value, cidr: &str) {
        call(self, "ec2", "authorize_security_group_egress", json!({"GroupId": group, "IpPermissions": https(cidr)}));
    }

    /// Saves the policy of an API, without a deployment.
    pub fn save_policy(&self, api: &Value, policy: &Value) {
        let patch = json!([{"op": "replace", "path": "/policy", "value": policy.to_string()}]);
        call(self, "apigateway", "update_rest_api", json!({"restApiId": api, "patchOperations": patch}));
    }

    /// Lets the method POST of a resource ask for a signature.
    pub fn ask_for_signatures(&self, api: &Value, resource: &Value) {
        let patch = json!([{"op": "replace", "path": "/authorizationType", "value": "AWS_IAM"}]);
        let method = json!({"restApiId": api, "resourceId": resource, "httpMethod": "POST", "patchOperations": patch});
        call(self, "apigateway", "update_method", method);
    }
}
