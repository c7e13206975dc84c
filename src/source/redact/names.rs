//! What the name of a parameter says about its value.
//!
//! English compounds carry their meaning at the end: a *token type* is a type, a *page token* is a position. So a
//! name is split into words, and a sensitive word counts only while no word around it makes it something else.

/// Names whose values say how a request is read rather than who may send it; kept in clear.
const CLEAR: &str = "content-type accept x-apigw-api-id scope grant_type";

/// Words that are sensitive alone.
const WORDS: &str = "accesskey apikey authkey authorization bearer cookie cookies credential credentials jwt passcode \
    passphrase privatekey pwd secret secretkey secrets sig signature token";

/// Words that are sensitive before `key`.
const KEYS: &str = "access account admin api auth encryption functions hmac master private secret session shared signing \
    storage subscription";

/// Words after which the sensitive word only describes: a secret's ARN, a token's lifetime.
const DESCRIBED: &str = "age alg algorithm alias arn attribute audience bucket budget class column consent count created date days \
    description domain duration enabled endpoint expires expiration expiry field file format function \
    handler header hint host id ids index issuer kind label length lifetime limit location manager \
    method mode name names parameter path policy prefix provider ref reference region required rotation \
    scope scopes server service size source state status suffix table through timeout ttl spec type updated uri url used valid validity version versions";

/// Words before which `token` is a position, a count or a switch instead of a credential.
const POSITION: &str = "cancellation client continuation creation csrf cursor end idempotency max min next page pagination prev \
    previous request resume start stop sync xsrf";

/// Words before which any sensitive word is a question or a switch.
const SWITCH: &str = "allow change disable enable forgot has is needs no require required requires reset show use uses";

/// Words in names of values that are random by nature and public.
const PUBLIC: &str = "arn cert certificate checksum cursor digest etag file fingerprint hash id ids integrity kid md md5 \
    name path policy public schema sha template thumbprint trace traceparent url uri version nonce";

/// Whether values under this name stay readable.
pub(super) fn is_clear(key: &str) -> bool {
    is_in(CLEAR, &key.to_ascii_lowercase())
}

/// Whether the name promises a credential.
pub(super) fn is_sensitive(key: &str) -> bool {
    let words = words(key);
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    (0..words.len()).any(|at| {
        let pair = word(at + 1) == "key" && is_in(KEYS, word(at));
        let next = if pair { at + 2 } else { at + 1 };
        let before = if at == 0 { "" } else { word(at - 1) };
        (pair || is_sensitive_word(word(at)))
            && !words.iter().skip(next).any(|word| is_in(DESCRIBED, word))
            && !is_in(SWITCH, before)
            && !(word(at) == "token" && is_in(POSITION, before))
    })
}

/// Whether a random-looking value under this name is to be expected.
pub(super) fn is_public(key: &str) -> bool {
    let words = words(key);
    is_in(PUBLIC, &words.concat()) || words.iter().any(|word| is_in(PUBLIC, word))
}

fn is_sensitive_word(word: &str) -> bool {
    is_in(WORDS, word)
        || (word.contains("passw") && word != "passwordless")
        || word == "pass"
        || ["token", "secret", "apikey", "password"].iter().any(|end| word.ends_with(end))
}

fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|listed| listed == word)
}

/// The words of a name in lower case: `X-Api-Key`, `x_api_key` and `xApiKey` have the same three. Digits at the end
/// of a word are left out.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let chars: Vec<char> = key.chars().take(256).collect();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        let after = chars.get(at + 1);
        let hump = c.is_uppercase()
            && (before.is_some_and(|c| c.is_lowercase() || c.is_numeric())
                || before.is_some_and(|c| c.is_uppercase()) && after.is_some_and(|c| c.is_lowercase()));
        if hump || !c.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    let trimmed = words.iter().map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned());
    trimmed.filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_split_into_words() {
        for (key, expected) in [
            ("X-Api-Key", "x api key"),
            ("xApiKey", "x api key"),
            ("x_api_key.$", "x api key"),
            ("APIKey", "api key"),
            ("OAuth2Token", "o auth token"),
            ("password1", "password"),
            ("", ""),
            ("--", ""),
            ("ÄußererName", "äußerer name"),
        ] {
            assert_eq!(words(key).join(" "), expected, "{key}");
        }
    }

    #[test]
    fn sensitive_names() {
        for key in "authorization Authorization.$ proxy-authorization x-api-key X-API-Key apikey api_key \
            ApiKeyValue x-tenant-token token access_token accessToken accesstoken id_token \
            refresh-token x-amz-security-token secret client_secret clientSecret clientsecret \
            secretKey aws_secret_access_key AWS_SECRET_ACCESS_KEY password passwd db-password \
            PasswordProd password2 pwd passphrase cookie Set-Cookie signature X-Hub-Signature sig \
            private-key privateKey signing_key x-functions-key DB_PASS authToken secret_value \
            credentials password_hash token_github xoauthtoken"
            .split(' ')
        {
            assert!(is_sensitive(key), "{key}");
        }
    }

    #[test]
    fn names_that_only_sound_sensitive() {
        for key in "token-type token_type secret-version x-amz-security-token-ttl page-token nextToken \
            NextToken next_page_token continuationToken client-token ClientRequestToken secretArn \
            SecretId secretName tokenizer tokenization token_endpoint tokenUrl tokens max_tokens \
            maxTokens max_token passwordPolicy password_reset_url resetPassword requirePassword \
            passwordless authorizationType authorization_scopes authorizationUrl cookieName \
            cookie-domain signatureVersion signature_method signed-headers access_key_id \
            AccessKeyId api-key-name apiKeySource x-csrf-token secretsmanager-service key keyId \
            partition_key primaryKey public-key author authority compass passthroughBehavior \
            pass_through bypass content-type x-request-id sigma design tenant"
            .split(' ')
        {
            assert!(!is_sensitive(key), "{key}");
        }
    }

    #[test]
    fn clear_and_public_names() {
        assert!(is_clear("Content-Type") && is_clear("accept") && is_clear("grant_type"));
        assert!(!is_clear("content-type-token") && !is_clear("") && !is_clear("grant-type"));
        assert!(is_public("CodeSha256") && is_public("x-request-id") && is_public("ETag") && is_public("publicKey"));
        assert!(!is_public("x-tenant") && !is_public("shape"));
    }
}
