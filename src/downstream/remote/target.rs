//! Where the requests to one server go: its origin, the configured headers, and nothing else of ours.

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Method, Response, StatusCode, Url};

use super::loss::Loss;
use crate::config;
use crate::web;

/// Within the origin; to leave it would show the headers to someone else.
const MAX_REDIRECTS: usize = 3;

pub(super) struct Target {
    url: Url,
    headers: HeaderMap,
    allow_private: bool,
}

impl Target {
    /// `None` for what the configuration would not have let through.
    pub(super) fn new(remote: &config::Remote) -> Option<Self> {
        let mut headers = HeaderMap::new();
        for (name, value) in &remote.headers {
            let mut value = HeaderValue::from_str(value.expose()).ok()?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_bytes(name.as_bytes()).ok()?, value);
        }
        let url = Url::parse(remote.url.expose()).ok()?;
        Some(Self { url, headers, allow_private: remote.allow_private })
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// An address that the server names, if it is one of its own origin.
    pub(super) fn own(&self, base: &Url, address: &str) -> Option<Url> {
        base.join(address).ok().filter(|url| url.origin() == self.url.origin())
    }

    pub(super) async fn get(&self, headers: HeaderMap) -> Result<Response, Loss> {
        self.send(Method::GET, &self.url, headers, None).await
    }

    pub(super) async fn post(&self, url: &Url, headers: HeaderMap, body: Bytes) -> Result<Response, Loss> {
        self.send(Method::POST, url, headers, Some(body)).await
    }

    pub(super) async fn delete(&self, headers: HeaderMap) -> Result<Response, Loss> {
        self.send(Method::DELETE, &self.url, headers, None).await
    }

    async fn send(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Option<Bytes>,
    ) -> Result<Response, Loss> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let client = web::outbound(&url, self.allow_private)?;
            let mut request = client.request(method.clone(), url.clone());
            request = request.headers(self.headers.clone()).headers(headers.clone());
            if let Some(body) = &body {
                request = request.body(body.clone());
            }
            let response = request.send().await.map_err(|error| Loss::of(&error))?;
            if !response.status().is_redirection() || response.status() == StatusCode::NOT_MODIFIED {
                return Ok(response);
            }
            let kept =
                matches!(response.status(), StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
            let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
            let next = location.and_then(|location| self.own(&url, location));
            // Other redirects would turn a message into a GET without one.
            url = next.filter(|_| kept || method == Method::GET).ok_or(Loss::Redirect)?;
        }
        Err(Loss::Redirect)
    }
}
