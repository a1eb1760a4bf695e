//! Well-meant file tools, and paths that lead out of their folder.

use serde_json::json;

use super::attack::{Attack, Tool};

pub(crate) fn attack() -> Attack {
    Attack::new(
        "path_traversal",
        "paths that leave their folder",
        vec![
            Tool::harmless("read_file", "Reads a file.", "path").attacked(
                "path",
                &[
                    "{mark}/../../../../etc/passwd",
                    "..\\..\\..\\windows\\system32\\config\\sam {mark}",
                    "{mark}/%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fshadow",
                ],
            ),
            Tool::harmless("download_file", "Gives a file for download.", "name")
                .attacked("name", &["/etc/shadow?{mark}", "....//....//....//etc/passwd%00.png#{mark}"]),
            Tool::harmless("list_directory", "Lists a folder.", "path").attacked(
                "path",
                &["{mark}/..%252f..%252f..%252froot/.ssh", "file:///proc/self/environ#{mark}"],
            ),
            Tool::harmless("copy_file", "Copies a file.", "from to")
                .attacked("to", &["../../../../root/.ssh/authorized_keys {mark}"]),
            Tool::harmless("extract_archive", "Unpacks an archive.", "archive entry")
                .attacked("entry", &["{mark}/../../../../etc/cron.d/job"]),
            Tool::harmless("create_symlink", "Makes a link.", "target link")
                .called_with(json!({"target": "notes.txt", "link": "{mark}"}))
                .attacked("target", &["../../../../../etc/shadow"]),
        ],
    )
}
