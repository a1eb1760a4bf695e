//! Programs that take files with secrets, what stands before and behind them, and what such files are called.

/// What shows a file, whole or in part.
pub(super) const READERS: &[&str] = &[
    "awk",
    "base32",
    "base64",
    "bat",
    "bunzip2",
    "cat",
    "cut",
    "dd",
    "egrep",
    "fold",
    "gc",
    "get-content",
    "grep",
    "gzip",
    "head",
    "hexdump",
    "jq",
    "less",
    "more",
    "nl",
    "od",
    "openssl",
    "paste",
    "rev",
    "rg",
    "sed",
    "sort",
    "strings",
    "tac",
    "tail",
    "type",
    "uniq",
    "xclip",
    "xxd",
    "yq",
];
/// What takes files, and whole folders, along to somewhere else.
pub(super) const MOVERS: &[&str] = &[
    "7z", "7za", "cpio", "curl", "ftp", "mail", "mailx", "mutt", "nc", "ncat", "netcat", "rar", "rclone",
    "rsync", "scp", "sendmail", "sftp", "socat", "tar", "wget", "zip",
];
/// What stands before the program.
pub(super) const AHEAD: &[&str] = &[
    "!", "busybox", "command", "do", "doas", "else", "env", "exec", "ionice", "nice", "nohup", "setsid",
    "stdbuf", "sudo", "then", "time", "timeout", "watch", "xargs", "{",
];
/// What names files for others, which run behind `-exec` or `| xargs`.
pub(super) const FINDERS: &[&str] = &["dir", "echo", "fd", "find", "ls", "printf"];
/// What copies to and from the stores of a cloud, and what it is told to do so.
pub(super) const CLOUDS: &[&str] = &["aws", "az", "b2", "gcloud", "gsutil", "mc", "s3cmd"];
pub(super) const COPIES: &[&str] = &["copy", "cp", "mv", "put", "rsync", "scp", "sync", "upload"];
/// What runs a program elsewhere.
pub(super) const RUNNERS: &[&str] = &["docker", "kubectl", "podman", "ssh", "wsl"];
/// Folders that hold such files.
pub(super) const FOLDERS: &[&str] =
    &[".aws", ".config/gcloud", ".config/gh", ".docker", ".gnupg", ".kube", ".ssh"];
/// With these it is only said whether something is in a file.
pub(super) const QUIET: &[&str] =
    &["--count", "--quiet", "-L", "-c", "-iq", "-l", "-q", "-qE", "-qF", "-qi", "-qs", "-sq"];
/// Behind these a file is only used, unless a program shows whatever it is given.
pub(super) const USED: &[&str] = &[
    "--cacert",
    "--cert",
    "--config",
    "--env-file",
    "--identity-file",
    "--key",
    "--kubeconfig",
    "--netrc-file",
    "--private-key",
    "-E",
    "-K",
    "-i",
    "-oIdentityFile",
];
/// Behind these it is left out.
pub(super) const LEFT_OUT: &[&str] = &["--exclude", "--exclude-from"];
/// What sends the file behind it.
pub(super) const SENT: &[&str] = &["--body-file", "--post-file", "--upload-file", "-T"];
/// What takes the settings or the key of a file for itself, where it is redirected into that.
pub(super) const TAKERS: &[&str] = &["login", "secret", "secrets", "--password-stdin", "--with-token"];
/// What a shell reads lines into.
pub(super) const LINES: &[&str] = &["done", "mapfile", "read", "readarray"];
/// What takes the settings of a file into a shell.
pub(super) const LOADS: &[&str] = &[".", "declare", "env", "eval", "export", "set", "source"];
/// What shows them then.
pub(super) const SHOWS: &[&str] = &["echo", "printf"];
/// What looks at the key of a shell, mends its rights or makes one.
pub(super) const KEEPERS: &[&str] = &[
    "[",
    "[[",
    "chmod",
    "chown",
    "ls",
    "ssh-add",
    "ssh-copy-id",
    "ssh-keygen",
    "stat",
    "test",
    "touch",
    "cksum",
    "md5sum",
    "sha256sum",
    "wc",
];
/// What logs in with a key, where an option names it.
pub(super) const LOGINS: &[&str] = &["ansible", "ansible-playbook", "mosh", "rsync", "scp", "sftp", "ssh"];
/// What a file is called that only shows how another is written.
pub(super) const SAMPLES: &[&str] =
    &["ci", "default", "defaults", "dist", "example", "md", "sample", "schema", "template", "test"];
