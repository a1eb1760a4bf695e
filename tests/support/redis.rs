//! A Redis of the test's own: on a free port, in a temporary folder, gone with the test.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::authority::Authority;

/// Another process may take the free port first.
const TRIES: usize = 5;

pub(crate) struct Redis {
    folder: TempDir,
    options: Vec<String>,
    password: Option<String>,
    pub(crate) port: u16,
    pub(crate) tls_port: Option<u16>,
    child: Child,
}

impl Redis {
    pub(crate) fn start() -> Self {
        Self::open(None, None)
    }

    pub(crate) fn with_password(password: &str) -> Self {
        Self::open(Some(password), None)
    }

    pub(crate) fn with_tls(authority: &Authority) -> Self {
        Self::open(None, Some(authority))
    }

    fn open(password: Option<&str>, authority: Option<&Authority>) -> Self {
        for _ in 0..TRIES {
            let folder = TempDir::new().expect("a folder");
            let port = free_port();
            let tls_port = authority.map(|_| free_port());
            let mut options = words(&[
                "--port",
                &port.to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
            ]);
            options.extend(words(&["--dir", &folder.path().to_string_lossy()]));
            options.extend(password.into_iter().flat_map(|password| words(&["--requirepass", password])));
            if let (Some(authority), Some(port)) = (authority, tls_port) {
                let file = |name| authority.path(name).to_string_lossy().into_owned();
                options.extend(words(&["--tls-port", &port.to_string(), "--tls-auth-clients", "no"]));
                options.extend(words(&[
                    "--tls-cert-file",
                    &file("server.crt"),
                    "--tls-key-file",
                    &file("server.key"),
                ]));
                options.extend(words(&["--tls-ca-cert-file", &file("ca.crt")]));
            }
            let password = password.map(str::to_owned);
            let child = run(&options, folder.path());
            let mut redis = Self { folder, options, password, port, tls_port, child };
            if redis.answers() {
                return redis;
            }
        }
        panic!("redis-server does not start");
    }

    /// Ends the server and waits until it is gone.
    pub(crate) fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again, empty, where it was.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.child = run(&self.options, self.folder.path());
        assert!(self.answers(), "redis-server does not come back");
    }

    pub(crate) fn connect(&self, db: i64) -> redis::Connection {
        self.try_connect(db).expect("a connection")
    }

    /// Every key of a database with what stands under it, as text.
    pub(crate) fn dump(&self, db: i64) -> BTreeMap<String, String> {
        let mut connection = self.connect(db);
        let keys: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut connection).expect("keys");
        let mut value = |key: &String| -> String {
            let kind: String = redis::cmd("TYPE").arg(key).query(&mut connection).expect("a type");
            if kind == "set" {
                let members: Vec<String> =
                    redis::cmd("SMEMBERS").arg(key).query(&mut connection).expect("members");
                return members.join("\n");
            }
            redis::cmd("GET").arg(key).query(&mut connection).expect("a value")
        };
        keys.iter().map(|key| (key.clone(), value(key))).collect()
    }

    fn try_connect(&self, db: i64) -> redis::RedisResult<redis::Connection> {
        let address = format!("redis://127.0.0.1:{}/", self.port);
        let info: redis::ConnectionInfo = redis::IntoConnectionInfo::into_connection_info(address)?;
        let mut settings = redis::RedisConnectionInfo::default().set_db(db);
        if let Some(password) = &self.password {
            settings = settings.set_password(password.as_str());
        }
        redis::Client::open(info.set_redis_settings(settings))?
            .get_connection_with_timeout(Duration::from_secs(5))
    }

    /// Whether it answers within ten seconds; a server that ended does not.
    fn answers(&mut self) -> bool {
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end && self.child.try_wait().expect("a status").is_none() {
            if self.try_connect(0).is_ok() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}

pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

fn run(options: &[String], folder: &Path) -> Child {
    let log = std::fs::File::create(folder.join("redis.log")).expect("a log");
    let mut command = Command::new("redis-server");
    command.args(options).stdin(Stdio::null()).stdout(log).stderr(Stdio::null());
    command.spawn().expect("redis-server runs; install it with `apt-get install redis-server`")
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
