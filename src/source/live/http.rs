//! The HTTP client, where the network needs another than the SDK's own.
//!
//! The SDK's client honours `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, but not `AWS_CA_BUNDLE`
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html>), by which a company tells the
//! authority of its intercepting proxy.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::error::{Error, Result};

/// A client that trusts the authorities in the file `path` and no others, as AWS's other tools do.
///
/// # Errors
/// Where the file cannot be read or holds no certificate.
pub fn trusting(path: &str) -> Result<SharedHttpClient> {
    let next = "set AWS_CA_BUNDLE to a file with certificates in PEM form, or unset it";
    let bytes = std::fs::read(path).map_err(|error| Error::new(format!("AWS_CA_BUNDLE: {path}: {error}")).next(next))?;
    let certificates: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    if !certificates.is_ok_and(|certificates| !certificates.is_empty()) {
        return Err(Error::new(format!("AWS_CA_BUNDLE: {path}: no certificate in PEM form")).next(next));
    }
    let trust = TlsContext::builder().with_trust_store(TrustStore::empty().with_pem_certificate(bytes)).build();
    let trust = trust.map_err(|error| Error::new(format!("AWS_CA_BUNDLE: {path}: {error}")).next(next))?;
    Ok(Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(trust.clone()).build()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_that_is_none_is_refused_by_name() {
        let missing = trusting("/nonexistent/bundle.pem").expect_err("no such file").to_string();
        assert!(missing.contains("AWS_CA_BUNDLE") && missing.contains("/nonexistent/bundle.pem"), "{missing}");
        let file = tempfile::NamedTempFile::new().expect("a file");
        let empty = trusting(file.path().to_str().expect("a path")).expect_err("no certificate").to_string();
        assert!(empty.contains("no certificate"), "{empty}");
    }
}
