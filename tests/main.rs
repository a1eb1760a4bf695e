//! Tests that drive the real binary, in one binary of their own: each module says what belongs in it.

// A test says what it expects by expecting it, and runs programs in environments that it makes itself.
#![allow(clippy::expect_used, clippy::disallowed_methods, clippy::missing_panics_doc)]

mod support;

/// The layer table, module docs and sizes of `src/`.
mod architecture;
/// The hostile servers of `test_mcps/bad/` by every road: what is stopped, what reaches whom.
mod attacks;
/// `enkrypt_secure_call_tools`: what a batch runs, refuses and answers.
mod batch;
/// The secrets of the gateway's own configuration, in arguments, results and whatever else passes.
mod canaries;
/// Remote servers over TLS: which certificates are trusted, and what is said of the others.
mod certificates;
/// The operator's own model beside the built-in detectors, and a program that was built without it.
mod classifier;
/// The configuration file as a user meets it: found, refused, reloaded, shown.
mod config;
/// The built-in detectors on texts of our own: no score falls unseen.
mod dependencies;
mod detect;
/// Direct mode: the tools of the servers under names of their own, and what comes back from them.
mod direct;
/// Where tools come from and how long they are known: configuration, cache, the server itself.
mod discovery;
/// README.md and docs/, checked against the program.
mod docs;
/// Servers that send what nobody can read, or more than anybody wants.
mod floods;
/// Providers that are services: what they are asked, what follows from their answers, and from none.
mod guardrails;
/// Servers that misbehave: what the gateway says of each, and that it goes on.
mod hostile;
/// Streamable HTTP: who gets in, how each revision is answered, and how the gateway ends.
mod http;
/// Changes that remote servers of the newer revision tell of while nobody calls them.
mod listening;
/// The log: what is in it, at which level, and that it is nowhere else.
mod log;
/// Servers that are odd but mean well: nothing of what they say is lost, and nothing hangs on how they say it.
mod oddities;
/// What a policy says beyond its block list: modes, actions, exceptions, and what is cut out of results.
mod policies;
/// Processes: which start, what they get, and that none is left behind.
mod processes;
/// Private data: placeholders on the way out, the originals on the way back, and for nobody else.
mod redaction;
/// The external cache, on a Redis of the test's own.
mod redis;
/// What the registration policy keeps away, by whatever road it comes.
mod registration;
/// What passes between a server and the client that asked, while a call is open.
mod relay;
/// Servers behind an address: both HTTP transports, what is sent there, and what is refused.
mod remote;
/// The authenticator that asks a service.
mod remote_auth;
/// Clients that are asked by results: a call that waits for them, and how they come back to it.
mod rounds;
/// Topics and policies of the operator: words, patterns, and conditions on calls, results and definitions.
mod rules;
/// `scan` and `eval`: texts under the built-in detectors.
mod scan;
/// Input schemas that are made to be expensive.
mod schemas;
/// Marked secrets, searched for in everything that leaves the gateway.
mod secrets;
/// Sessions that wait for their next batch: opened in advance, kept, and closed in time.
mod sessions;
/// `setup`, `generate-config`, `install`.
mod setup;
/// Remote servers that begin something and do not go on: every wait has an end.
mod stalls;
/// Servers that are started before anybody waits for them: in which order, and how often.
mod starts;
/// The gateway's own standard streams, byte by byte.
mod stdio;
/// Each time limit, what the answer says of it, and what is counted.
mod timeouts;
/// The seven tools as a client sees them; whole answers stand in `wire/`.
mod tools;
