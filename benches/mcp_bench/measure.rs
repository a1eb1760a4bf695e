//! One round: every row is taken for all subjects, one after the other, before the next row begins.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::judges::SLOW;
use crate::options::Effort;
use crate::peer::Peer;
use crate::report::{Report, median};
use crate::subject::{Left, Subject};
use crate::{Outcome, http, process};

const SETTLE: Duration = Duration::from_millis(300);
/// A standby begins to start some milliseconds after its batch, and is ready a few later.
const STANDBY_STARTS: Duration = Duration::from_millis(25);
const SECOND: Duration = Duration::from_secs(1);
const WARM_UP: u32 = 2;
const SENTENCE: &str = "A plain message, neither short nor long, with nothing in it to find. ";

pub(crate) struct Round<'a> {
    pub(crate) subjects: &'a [Subject],
    pub(crate) effort: &'a Effort,
}

impl Round<'_> {
    pub(crate) fn run(&self, report: &mut Report) -> Outcome<()> {
        self.starts(report)?;
        self.idle_memory(report)?;
        let mut peers = self.open()?;
        self.floor(&mut peers, report)?;
        self.batches(&mut peers, report)?;
        self.flights(&mut peers, report)?;
        close(peers)?;
        self.over_http(report)?;
        // In processes of their own: large messages leave memory behind that is nobody else's.
        let mut peers = self.open()?;
        self.payloads(&mut peers, report)?;
        close(peers)
    }

    /// As people call: what can be made ready in a second is ready.
    pub(crate) fn spaced(&self, report: &mut Report) -> Outcome<()> {
        for subject in self.subjects {
            let mut peer = Peer::open(subject)?;
            let time = typical(self.effort.spaced, || {
                thread::sleep(SECOND);
                run_batch(subject, &mut peer, 1, SENTENCE)
            })?;
            report.add("a call, one a second", "ms", subject.name(), time);
            peer.finish()?;
        }
        Ok(())
    }

    fn starts(&self, report: &mut Report) -> Outcome<()> {
        for subject in self.subjects {
            let mut times = Vec::new();
            for _ in 0..self.effort.starts {
                let started = Instant::now();
                let peer = Peer::open(subject)?;
                times.push(ms(started.elapsed()));
                peer.finish()?;
            }
            report.add("start, until `initialize` is answered", "ms", subject.name(), median(&times));
        }
        Ok(())
    }

    fn idle_memory(&self, report: &mut Report) -> Outcome<()> {
        for subject in self.subjects {
            let mut peer = Peer::open(subject)?;
            peer.exchange("tools/list", vec![json!({})], 1)?;
            thread::sleep(SETTLE);
            report.add("idle memory (RSS)", "kB", subject.name(), process::tree_rss_kb(peer.pid())?);
            peer.finish()?;
        }
        Ok(())
    }

    /// Without a gateway: start the server, make one call, hang up. With it: a batch of one.
    fn floor(&self, peers: &mut [Peer], report: &mut Report) -> Outcome<()> {
        for (subject, peer) in self.subjects.iter().zip(peers) {
            let time = if subject.is_direct() {
                self.direct_floor(subject)?
            } else {
                typical(self.effort.floor, || {
                    // The exit of the last batch's server is in nobody's measurement, as on the direct side.
                    settle(subject, peer.pid())?;
                    run_batch(subject, peer, 1, SENTENCE)
                })?
            };
            report.add("one call in a session of its own", "ms", subject.name(), time);
        }
        Ok(())
    }

    fn direct_floor(&self, subject: &Subject) -> Outcome<f64> {
        typical(self.effort.floor, || {
            let started = Instant::now();
            let mut peer = Peer::open(subject)?;
            run_batch(subject, &mut peer, 1, SENTENCE)?;
            peer.hang_up();
            let time = ms(started.elapsed());
            peer.finish()?;
            Ok(time)
        })
    }

    fn batches(&self, peers: &mut [Peer], report: &mut Report) -> Outcome<()> {
        for (calls, times) in self.effort.batches {
            let unit = if calls == 1 { "call" } else { "calls" };
            for (subject, peer) in self.subjects.iter().zip(peers.iter_mut()) {
                let cpu_before = process::cpu_ms(peer.pid())?;
                let time = typical(times, || run_batch(subject, peer, calls, SENTENCE))?;
                let cpu = process::cpu_ms(peer.pid())? - cpu_before;
                report.add(&format!("{calls} {unit} in a batch"), "ms", subject.name(), time);
                report.add_ratio(
                    &format!("processor time of its own, for {calls} {unit}"),
                    "ms",
                    subject.name(),
                    (f64::from(cpu), f64::from(times + WARM_UP)),
                );
            }
        }
        Ok(())
    }

    fn flights(&self, peers: &mut [Peer], report: &mut Report) -> Outcome<()> {
        for (in_flight, requests, servers) in self.effort.flights {
            let what = match servers {
                1 => format!("{in_flight} in flight"),
                servers => format!("{in_flight} in flight on {servers} servers"),
            };
            for (subject, peer) in self.subjects.iter().zip(peers.iter_mut()) {
                // Each server has been found and called before.
                peer.exchange("tools/call", subject.spread(servers, servers, SENTENCE), 1)?;
                let calls = subject.spread(requests, servers, SENTENCE);
                let exchange = peer.exchange("tools/call", calls, in_flight)?;
                for result in &exchange.results {
                    subject.check(result, 1, SENTENCE.len())?;
                }
                let answered = u32::try_from(requests).map_or(f64::MAX, f64::from);
                let rate = answered / exchange.elapsed.as_secs_f64();
                report.add(&what, "calls/s", subject.name(), rate);
            }
        }
        Ok(())
    }

    fn over_http(&self, report: &mut Report) -> Outcome<()> {
        let what = format!("{} connections over HTTP, on as many servers", http::CONNECTIONS);
        for subject in self.subjects {
            if let Some(rate) = http::rate(subject, SENTENCE, self.effort.http)? {
                report.add(&what, "calls/s", subject.name(), rate);
            }
        }
        Ok(())
    }

    fn payloads(&self, peers: &mut [Peer], report: &mut Report) -> Outcome<()> {
        for (size, bytes, times) in self.effort.payloads {
            let message: String = SENTENCE.chars().cycle().take(bytes).collect();
            for (subject, peer) in self.subjects.iter().zip(peers.iter_mut()) {
                let time = typical(times, || run_batch(subject, peer, 1, &message))?;
                report.add(&format!("one call of {size}"), "ms", subject.name(), time);
            }
        }
        for (subject, peer) in self.subjects.iter().zip(peers) {
            report.add(
                "peak memory of its own, after these",
                "kB",
                subject.name(),
                process::peak_rss_kb(peer.pid())?,
            );
        }
        Ok(())
    }

    /// What judging costs, by who judges; both ways, on a session that is there.
    pub(crate) fn judges(&self, report: &mut Report) -> Outcome<()> {
        let mut peers = self.open()?;
        let kilobyte: String = SENTENCE.chars().cycle().take(1_000).collect();
        for (subject, peer) in self.subjects.iter().zip(&mut peers) {
            let times = if subject.name() == SLOW { self.effort.far } else { self.effort.judged };
            let one = typical(times, || run_batch(subject, peer, 1, &kilobyte))?;
            report.add("one call of 1 KB", "ms", subject.name(), one);
            let ten = typical(times, || run_batch(subject, peer, 10, SENTENCE))?;
            report.add("10 calls in a batch", "ms", subject.name(), ten);
        }
        close(peers)
    }

    fn open(&self) -> Outcome<Vec<Peer>> {
        self.subjects.iter().map(Peer::open).collect()
    }
}

/// Waits until nothing goes on any more that the last batch has begun.
fn settle(subject: &Subject, pid: u32) -> Outcome<()> {
    let servers = match subject.left() {
        Left::Nothing => 0,
        Left::Standby => {
            thread::sleep(STANDBY_STARTS);
            1
        }
        Left::Kept => 1,
    };
    process::until_children(pid, servers + subject.attendants())
}

fn close(peers: Vec<Peer>) -> Outcome<()> {
    peers.into_iter().try_for_each(Peer::finish)
}

/// Makes `calls` calls, checks what comes back and returns the milliseconds it took.
fn run_batch(subject: &Subject, peer: &mut Peer, calls: usize, message: &str) -> Outcome<f64> {
    let exchange = peer.exchange("tools/call", subject.requests(calls, message), 1)?;
    for result in &exchange.results {
        subject.check(result, calls, message.len())?;
    }
    Ok(ms(exchange.elapsed))
}

/// The median of `times` runs, after a few that do not count.
fn typical(times: u32, mut run: impl FnMut() -> Outcome<f64>) -> Outcome<f64> {
    for _ in 0..WARM_UP {
        run()?;
    }
    let samples = (0..times).map(|_| run()).collect::<Outcome<Vec<_>>>()?;
    Ok(median(&samples))
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
