//! A certificate authority of the test's own.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

/// One that no system trusts: `ca.crt`, and `server.crt` with `server.key` for 127.0.0.1.
pub(crate) struct Authority(TempDir);

/// What the certificate of a server for 127.0.0.1 says.
pub(crate) const LOOPBACK: &str = "subjectAltName=IP:127.0.0.1,DNS:localhost";

const KEY: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

impl Authority {
    pub(crate) fn new() -> Self {
        let authority = Self(TempDir::new().expect("a folder"));
        authority.own("ca", "test authority");
        authority.issue("server", "ca", LOOPBACK, 2);
        authority
    }

    /// A certificate that is its own authority.
    pub(crate) fn own(&self, name: &str, called: &str) {
        let (key, crt, subject) = (format!("{name}.key"), format!("{name}.crt"), format!("/CN={called}"));
        let own = ["req", "-x509", "-days", "2", "-subj", &subject, "-keyout", &key, "-out", &crt];
        self.openssl(&[&own[..], &["-addext", LOOPBACK], &KEY[..]].concat());
    }

    /// A certificate with these extensions that another one has signed, for so many days.
    pub(crate) fn issue(&self, name: &str, by: &str, extensions: &str, days: i32) {
        let file = |name: &str, kind: &str| format!("{name}.{kind}");
        let (key, csr, crt) = (file(name, "key"), file(name, "csr"), file(name, "crt"));
        let (ext, subject) = (file(name, "ext"), format!("/CN={name}"));
        std::fs::write(self.path(&ext), extensions).expect("written");
        let request = ["req", "-subj", &subject, "-keyout", &key, "-out", &csr];
        self.openssl(&[&request[..], &KEY[..]].concat());
        let (ca, ca_key, days) = (file(by, "crt"), file(by, "key"), days.to_string());
        let sign = ["x509", "-req", "-days", &days, "-in", &csr, "-CA", &ca, "-CAkey", &ca_key];
        self.openssl(&[&sign[..], &["-CAcreateserial", "-extfile", &ext, "-out", &crt]].concat());
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// As arguments and environments take it.
    pub(crate) fn file(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    fn openssl(&self, arguments: &[&str]) {
        let output = Command::new("openssl").args(arguments).current_dir(self.0.path()).output();
        let output = output.expect("openssl runs; install it with `apt-get install openssl`");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
