//! Runs a batch: checked whole, then call by call over one session, each call through the guardrails.
//!
//! The session is taken when the first call has passed its input check, and finished here, whatever the outcome.

use std::sync::Arc;

use crate::config::WhileAway;
use crate::discovery::{Discovery, DiscoveryFault, Reading};
use crate::downstream::{Downstream, Leased};
use crate::fault::Fault as _;
use crate::guardrails::Guardrails;
use crate::ids::ServerName;
use crate::scope::Scope;
use crate::tool::ToolSet;

mod audit;
mod batch;
mod budget;
mod precheck;
mod report;
mod step;

pub use audit::no_tool;
pub use batch::Batch;
pub(crate) use batch::find;
pub use report::{BatchReport, CallOutcome, Ended};

use batch::Requested;
use budget::Budget;
use step::{Called, Next, Step};

/// Executes batches; one for the process.
pub struct Execution {
    discovery: Arc<Discovery>,
    downstream: Arc<Downstream>,
    guardrails: Arc<Guardrails>,
}

impl Execution {
    pub fn new(discovery: Arc<Discovery>, downstream: Arc<Downstream>, guardrails: Arc<Guardrails>) -> Self {
        Self { discovery, downstream, guardrails }
    }

    /// The report of a batch; an error is a batch of which nothing could be said, because its server is unusable.
    pub async fn execute(&self, scope: &Scope, batch: Batch) -> Result<BatchReport, DiscoveryFault> {
        let reading = self.discovery.read(scope, &batch.server).await;
        self.execute_read(scope, batch, &reading).await
    }

    /// As `execute`, with tools that have been read already.
    pub async fn execute_read(
        &self,
        scope: &Scope,
        batch: Batch,
        reading: &Reading,
    ) -> Result<BatchReport, DiscoveryFault> {
        let tools = self.discovery.tools_of(scope, &batch.server, reading).await;
        let tools = tools.inspect_err(|fault| audit::unusable(scope, &batch, fault.code()))?.set;
        let checked = precheck::check(&tools, &batch);
        Ok(self.report(scope, batch, &tools, checked).await)
    }

    /// As `execute`, for what is no tool.
    pub async fn ask(&self, scope: &Scope, batch: Batch) -> Result<BatchReport, DiscoveryFault> {
        let offers = self.discovery.offers(scope, &batch.server).await;
        let offers = offers.inspect_err(|fault| audit::unusable(scope, &batch, fault.code()))?;
        let checked = precheck::check_offers(&offers, &batch);
        Ok(self.report(scope, batch, &ToolSet::default(), checked).await)
    }

    /// Closes the sessions that wait for the caller's next batch on one server, or on all.
    pub fn forget_sessions(&self, scope: &Scope, server: Option<&ServerName>) {
        self.downstream.forget(scope, server);
    }

    /// How often a policy let something pass that nobody had judged.
    pub fn failed_open(&self) -> u64 {
        self.guardrails.failed_open()
    }

    async fn report(
        &self,
        scope: &Scope,
        batch: Batch,
        tools: &ToolSet,
        checked: Result<(), Vec<CallOutcome>>,
    ) -> BatchReport {
        let mut report = BatchReport::new(&batch);
        match checked {
            Ok(()) => self.run(scope, batch, tools, &mut report).await,
            Err(refused) => {
                audit::refused(scope, &batch.server, tools, &refused);
                report.outcomes = refused;
            }
        }
        report
    }

    async fn run(&self, scope: &Scope, batch: Batch, tools: &ToolSet, report: &mut BatchReport) {
        let mut session: Option<Leased> = None;
        let mut budget = Budget::new(&scope.settings.limits);
        scope.client.expect_calls(batch.calls.len());
        // What such a call does in a kept session is to be there later.
        let for_later = batch.method.is_for_later();
        let away = if for_later { WhileAway::Wait } else { batch.server.session.while_away() };
        let step = Step {
            scope,
            server: &batch.server,
            mode: batch.mode,
            away,
            downstream: &self.downstream,
            guardrails: &self.guardrails,
        };
        let calls = batch.calls.into_iter();
        let calls = calls.filter_map(|requested| match requested {
            Requested::Call(call) => Some(call),
            Requested::Unreadable { .. } => None,
        });
        let calls: Vec<_> = calls.collect();
        let called: Vec<Called> = calls.iter().map(|call| Called::of(call, tools)).collect();
        let mut inputs = self.guardrails.inputs(scope, &batch.server, calls, tools).await;
        // Where nothing runs before its verdict, all verdicts are asked for at once.
        if !scope.settings.async_input {
            inputs.settle().await;
        }
        for (at, called) in called.iter().enumerate() {
            let started = std::time::Instant::now();
            let (mut outcome, next) = step.take(&mut session, &mut inputs, at, called).await;
            let fits = budget.take(&mut outcome, &batch.server.name);
            audit::ran(scope, &batch.server, &outcome, started.elapsed());
            let ends = outcome.failed() && !batch.continues || next == Next::SessionLost || !fits;
            report.outcomes.push(outcome);
            if ends {
                break;
            }
            scope.client.call_done().await;
        }
        if let Some(session) = session {
            self.downstream.finish(scope, session);
        }
    }
}
