//! A session in the hands of one batch. What becomes of it afterwards was decided when it was taken: one that was
//! opened for the batch can only be closed, a kept one only be given back.

use std::sync::Arc;

use super::keep::Seat;
use super::session::{Fresh, Session};
use super::{Downstream, SessionFault};
use crate::config::{Server, SessionMode, WhileAway};
use crate::ids::ServerName;
use crate::scope::Scope;

/// Dropped instead of finished, it closes: nobody knows in which state its session is.
pub struct Leased {
    session: Box<Session>,
    after: After,
}

enum After {
    Close,
    /// And the next batch's session is opened in advance.
    CloseAndPrepare,
    GiveBack(Seat),
}

impl Downstream {
    /// A session for the calls of one batch.
    pub async fn take(
        &self,
        scope: &Scope,
        server: &Arc<Server>,
        mode: SessionMode,
        away: WhileAway,
    ) -> Result<Leased, SessionFault> {
        match mode {
            SessionMode::Batch => self.single(scope, server).await,
            SessionMode::Keep => self.kept(scope, server, away).await,
        }
    }

    /// The batch is over.
    pub fn finish(self: &Arc<Self>, scope: &Scope, leased: Leased) {
        let Leased { session, after } = leased;
        match after {
            After::Close => drop(session),
            After::CloseAndPrepare => {
                let server = Arc::clone(session.server());
                drop(session);
                self.prepare(scope, &server);
            }
            After::GiveBack(seat) => seat.give_back(session),
        }
    }

    /// The server was asked what it has, and no call was made.
    pub(super) fn put_back(leased: Leased) {
        let Leased { session, after } = leased;
        if let After::GiveBack(seat) = after {
            seat.put_back(session);
        }
    }

    /// Closes the caller's waiting sessions with one server, or with all.
    pub fn forget(&self, scope: &Scope, server: Option<&ServerName>) {
        self.pool.forget(&scope.caller.id, server);
    }
}

impl Leased {
    /// For a server whose sessions are kept, where none is kept for this request.
    pub(super) fn alone(session: Fresh) -> Self {
        Self { session: session.begin(), after: After::Close }
    }

    /// For one batch; the next one gets another.
    pub(super) fn single(session: Fresh) -> Self {
        Self { session: session.begin(), after: After::CloseAndPrepare }
    }

    pub(super) fn kept(session: Box<Session>, seat: Seat) -> Self {
        seat.held_by(&session);
        Self { session, after: After::GiveBack(seat) }
    }

    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Whether another call can follow.
    pub fn is_usable(&self) -> bool {
        self.session.is_usable()
    }
}
