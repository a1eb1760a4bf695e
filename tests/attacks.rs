//! The matrix: every attack of `bad_mcp`, by every road, under every provider.
//!
//! What the servers were given stands in their own records, what the client got in its own; both are searched.

use serde_json::{Value, json};

use crate::direct::Script;
use crate::support::{Config, Gateway, Reply};

mod bridge;
mod client;
mod judge;
mod search;
mod walk;
mod walker;

/// How a client comes to a server's tools.
#[derive(Clone, Copy, Debug)]
struct Road {
    face: Face,
    transport: Transport,
    known: Known,
    servers: Servers,
    /// Whether the check of the arguments may run beside the call.
    beside: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Face {
    /// `enkrypt_secure_call_tools`.
    Meta,
    /// The tools under names of their own.
    Direct,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Stdio,
    Http,
    /// HTTP in the revision without sessions.
    Modern,
}

/// Where the definitions are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Discovered,
    Configured,
    /// The configuration has names and harmless descriptions; the rest is filled up from the server.
    Named,
}

/// How the gateway comes to its servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Servers {
    Command,
    /// Behind an address.
    Remote,
    /// Commands, in the revision without a handshake.
    Modern,
}

/// A provider, and what it is known not to see.
struct Column {
    plugin: fn() -> Value,
    block: &'static [&'static str],
    /// By their marks: these may get through, and no others.
    misses: &'static [&'static str],
}

const KEYWORD: Column = Column {
    plugin: || json!({"provider": "custom_keyword", "config": {"blocked_keywords": ["kestrel"]}}),
    block: &["keyword_detector"],
    misses: &[],
};

const LOCAL: Column = Column {
    plugin: || json!({"provider": "local", "config": {}}),
    block: &["injection_attack", "secrets", "sponge_attack"],
    misses: &[
        // A lie, a preference, a polite request: whether it is one, only the whole conversation tells.
        "kestrel-asides-elicitation_address-",
        "kestrel-bad_output-calculate-",
        "kestrel-preference_manipulation-calculate_premium-",
        "kestrel-preference_manipulation-elite_search_engine-",
        "kestrel-preference_manipulation-exclusive_quote_generator-",
        "kestrel-preference_manipulation-must_use_converter-",
        "kestrel-preference_manipulation-revolutionary_file_reader-",
        "kestrel-preference_manipulation-superior_translator-",
        "kestrel-preference_manipulation-urgent_time_service-",
        "kestrel-session_management-oauth_connect-",
        // No rule knows these yet.
        "kestrel-bad_output-format_json-",
        "kestrel-hidden_text-letters-",
        "kestrel-unauthenticated_access-admin_panel-",
        "kestrel-unauthenticated_access-delete_records-",
        "kestrel-unauthenticated_access-export_customer_data-",
        "kestrel-unauthenticated_access-modify_source_code-",
    ],
};

/// One test for each road.
macro_rules! roads {
    ($column:expr, $beside:expr; $($name:ident: $face:ident $transport:ident $known:ident $servers:ident;)*) => {
        $(#[tokio::test]
        async fn $name() {
            let (face, transport) = (Face::$face, Transport::$transport);
            let (known, servers) = (Known::$known, Servers::$servers);
            let road = Road { face, transport, known, servers, beside: $beside };
            walk::walk(road, Some(&$column)).await;
        })*
    };
}

mod custom_keyword {
    use super::{Face, KEYWORD, Known, Road, Servers, Transport, walk};

    roads! { KEYWORD, false;
        tools_of_the_gateway_over_stdio: Meta Stdio Discovered Command;
        tools_of_the_gateway_over_http: Meta Http Discovered Command;
        tools_of_the_gateway_without_a_session: Meta Modern Discovered Command;
        configured_tools_over_stdio: Meta Stdio Configured Command;
        configured_tools_over_http: Meta Http Configured Command;
        named_tools_over_stdio: Meta Stdio Named Command;
        direct_tools_over_stdio: Direct Stdio Discovered Command;
        direct_tools_over_http: Direct Http Discovered Command;
        direct_tools_without_a_session: Direct Modern Discovered Command;
        direct_configured_tools_over_stdio: Direct Stdio Configured Command;
        direct_configured_tools_over_http: Direct Http Configured Command;
        direct_named_tools_over_stdio: Direct Stdio Named Command;
        servers_behind_an_address: Meta Stdio Discovered Remote;
        direct_tools_of_servers_behind_an_address: Direct Http Discovered Remote;
        servers_without_a_handshake: Meta Stdio Discovered Modern;
        nobody_shakes_hands: Meta Modern Discovered Modern;
        direct_tools_where_nobody_shakes_hands: Direct Modern Discovered Modern;
    }
}

/// No tool here says that it only reads: each waits for its check.
mod custom_keyword_beside_the_call {
    use super::{Face, KEYWORD, Known, Road, Servers, Transport, walk};

    roads! { KEYWORD, true;
        tools_of_the_gateway_over_stdio: Meta Stdio Discovered Command;
        direct_tools_over_http: Direct Http Discovered Command;
    }
}

mod local {
    use super::{Face, Known, LOCAL, Road, Servers, Transport, walk};

    roads! { LOCAL, false;
        tools_of_the_gateway_over_stdio: Meta Stdio Discovered Command;
        tools_of_the_gateway_over_http: Meta Http Discovered Command;
        configured_tools_over_stdio: Meta Stdio Configured Command;
        direct_tools_over_stdio: Direct Stdio Discovered Command;
        direct_tools_over_http: Direct Http Discovered Command;
        servers_behind_an_address: Meta Stdio Discovered Remote;
    }
}

/// Without policies all of it arrives: the attacks attack, and the search finds.
#[tokio::test]
async fn unguarded_every_attack_arrives() {
    for (face, transport, servers) in [
        (Face::Meta, Transport::Stdio, Servers::Command),
        (Face::Direct, Transport::Stdio, Servers::Command),
        (Face::Meta, Transport::Stdio, Servers::Remote),
        (Face::Meta, Transport::Modern, Servers::Command),
        (Face::Direct, Transport::Modern, Servers::Command),
    ] {
        let (known, beside) = (Known::Discovered, false);
        walk::walk(Road { face, transport, known, servers, beside }, None).await;
    }
}

/// Base64 of `the kestrel`, whatever type it is said to be of; what hides in the bytes of a picture is not read.
#[tokio::test]
async fn text_that_comes_as_a_blob_is_read() {
    let blob = "dGhlIGtlc3RyZWw=";
    let contents = |kind: &str| json!({"uri": "note://1", "mimeType": kind, "blob": blob});
    let odd = |blob: &str| json!({"type": "resource", "resource": {"uri": "note://1", "blob": blob}});
    for (block, expected) in [
        (json!({"type": "resource", "resource": contents("text/plain")}), "blocked_output"),
        // As clients read it that pass over what is no base64, and know both alphabets.
        (odd("dGhl\u{c}IGtl!c3Ry,ZWw="), "blocked_output"),
        (odd("Pz8-Pz8+dGhlIGtlc3RyZWw="), "blocked_output"),
        (odd("dGhl-IGtlc3-RyZWw="), "blocked_output"),
        (odd("dGhlIGtlc3RyZWw=gYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGB"), "blocked_output"),
        (json!({"type": "resource", "resource": {"uri": "note://1", "blob": blob}}), "blocked_output"),
        (json!({"type": "image", "mimeType": "image/svg+xml", "data": blob}), "blocked_output"),
        (json!({"type": "image", "mimeType": "image/png", "data": blob}), "blocked_output"),
        (json!({"type": "resource", "resource": contents("audio/wav")}), "blocked_output"),
        // What another client reads of it.
        (json!({"type": "image", "mimeType": "image/png", "data": blob, "blob": "AAAA"}), "blocked_output"),
        (json!({"type": "audio", "mimeType": "text/plain", "data": blob, "blob": null}), "blocked_output"),
        (json!({"type": "resource", "resource": contents("text/plain;charset=utf-16")}), "blocked_output"),
        (odd("//50aGUga2VzdHJlbA=="), "blocked_output"),
        (json!({"type": "text", "text": "x", "_meta": {"a": contents("")}}), "blocked_output"),
        (
            json!({"type": "image", "mimeType": "image/png", "data": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJdGhlIGtlc3RyZWw="}),
            "success",
        ),
    ] {
        let reply = answered(&json!({"result": {"content": [block]}})).await;
        assert_eq!(reply.statuses(), [expected], "{}", reply.json);
        assert_eq!(reply.blocks.is_empty(), expected != "success", "{:?}", reply.blocks);
    }
    for answer in [
        json!({"result": {"content": [], "structuredContent": {"a": [contents("image/png")]}}}),
        json!({"error": {"code": -32000, "message": "no", "data": contents("text/plain")}}),
    ] {
        let reply = answered(&answer).await;
        assert_eq!(reply.statuses(), ["blocked_output"], "{answer}: {}", reply.json);
    }
}

/// What becomes of a server's answer to a call, by a policy that stops the word `kestrel`.
async fn answered(answer: &Value) -> Reply {
    let tools = json!([{"name": "x", "inputSchema": {"type": "object"}}]);
    let mut step = json!({"method": "tools/call"});
    step.as_object_mut()
        .into_iter()
        .for_each(|step| step.extend(answer.as_object().cloned().unwrap_or_default()));
    let script = Script::tools(&tools, vec![step]);
    let config = Config::new().server(script.server("s")).guarded().keywords(&["kestrel"]);
    Gateway::start(&config).await.batch("s", json!([{"name": "x"}])).await
}

/// What costs too much ends in its own way, and the next call works.
#[tokio::test]
async fn calls_that_cost_too_much_end_by_every_road() {
    let (known, servers) = (Known::Discovered, Servers::Command);
    let road = |face, transport| Road { face, transport, known, servers, beside: false };
    let walk = |face, transport| walk::exhaust(road(face, transport), &KEYWORD);
    tokio::join!(
        walk(Face::Meta, Transport::Stdio),
        walk(Face::Meta, Transport::Http),
        walk(Face::Direct, Transport::Stdio),
        walk(Face::Direct, Transport::Http),
    );
}
