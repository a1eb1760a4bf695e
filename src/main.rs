//! Arguments to command to exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    secure_mcp_gateway::run()
}
