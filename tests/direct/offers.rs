//! Prompts, resources and completions of the servers.
