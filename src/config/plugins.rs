//! Who authenticates and who judges: the providers by name, each with what it needs.

use std::time::Duration;

use crate::secret::ApiKey;

#[derive(Clone, Debug)]
pub enum AuthSettings {
    LocalApikey,
    Enkrypt(RemoteAuth),
}

/// The remote source of gateway configurations.
#[derive(Clone, Debug)]
pub struct RemoteAuth {
    pub base_url: String,
    pub gateway_name: String,
    pub gateway_version: String,
    pub project_name: Option<String>,
    pub cache_ttl: Duration,
}

/// The guardrail provider by name; what it needs is in the variant.
#[derive(Clone, Debug)]
pub enum ProviderSettings {
    CustomKeyword(KeywordSettings),
    /// Known by name, but not part of this version: a file that enables a policy with it does not load.
    Unavailable {
        name: String,
        api_key: Option<ApiKey>,
    },
}

#[derive(Clone, Debug, Default)]
pub struct KeywordSettings {
    pub keywords: Vec<String>,
    pub case_sensitive: bool,
}
