//! What clients have been shown, and that they hear of it when it has become another.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::catalogue::{Catalogue, Shelf};
use crate::client::Change;
use crate::discovery::Topic;
use crate::downstream::Changed;
use crate::gateway::Gateway;
use crate::ids::{CallerId, ServerName};
use crate::lock::Lock;
use crate::recent::{Life, Recent};
use crate::scope::{Audience, Scope};
use crate::tool::OfferKind;

/// Clients whose lists are followed.
const MAX_VIEWS: usize = 4_096;

/// A server that says that it has something else now is asked for it after this.
const SETTLING: Duration = Duration::from_millis(100);

/// One that says so after every question waits twice as long each time, at the most for this.
const LONGEST_SETTLING: Duration = Duration::from_secs(60);

/// Who has been silent for so long, and for as long as it had to wait, waits for the shortest time again.
const SILENCE: Duration = Duration::from_secs(5);

/// Readings of a list that changes while it is read.
const MAX_READINGS: usize = 3;

pub(in crate::gateway) struct Shown {
    views: Recent<Audience, Arc<View>>,
    /// Servers that have just said that they have something else now.
    settling: Recent<(CallerId, ServerName, Topic), Settling>,
    /// How often something was learned of a server.
    learned: AtomicU64,
}

/// How long a server is left to settle, and when it was asked after that: not yet, if it still settles.
#[derive(Clone, Copy)]
struct Settling {
    pause: Duration,
    asked: Option<Instant>,
}

/// The lists of one kind of client of one caller.
pub(super) struct View {
    pub(super) scope: Scope,
    /// Fingerprints of what was shown last.
    lists: Lock<HashMap<Shelf, u64>>,
}

impl Default for Shown {
    fn default() -> Self {
        let views = Recent::new(MAX_VIEWS, Life::UntilCrowdedOut);
        let settling = Recent::new(MAX_VIEWS, Life::UntilCrowdedOut);
        Self { views, settling, learned: AtomicU64::default() }
    }
}

impl Gateway {
    /// What a client that comes now is to be shown, and from now on told of.
    pub(super) async fn show(&self, scope: &Scope, kind: Shelf) -> Catalogue {
        // First of all, so that a change which a server tells of meanwhile finds somebody whom it concerns.
        let view = self.view(scope);
        self.inquire(scope, kind.topic()).await;
        let mut catalogue = Catalogue::default();
        for _ in 0..MAX_READINGS {
            let learned = self.shown.learned.load(Ordering::SeqCst);
            catalogue = Catalogue::read(&self.parts.discovery, scope, kind).await;
            view.note(kind, &catalogue);
            if learned == self.shown.learned.load(Ordering::SeqCst) {
                break;
            }
        }
        if kind == Shelf::Tools {
            self.tell_missing(scope).await;
        }
        catalogue
    }

    pub(super) fn view_of(&self, audience: &Audience) -> Option<Arc<View>> {
        self.shown.views.get(audience)
    }

    fn view(&self, scope: &Scope) -> Arc<View> {
        let current = |view: &Arc<View>| Arc::ptr_eq(&view.scope.settings, &scope.settings);
        let audience = scope.audience();
        if let Some(view) = self.shown.views.get(&audience).filter(current) {
            return view;
        }
        let view = Arc::new(View { scope: scope.apart(), lists: Lock::default() });
        self.shown.views.insert(audience, Arc::clone(&view));
        view
    }

    /// Tells clients of changes until the process ends.
    pub(in crate::gateway) async fn follow(self) {
        let (mut news, mut reloads) = (self.parts.discovery.news(), self.parts.store.subscribe());
        loop {
            tokio::select! {
                () = self.parts.end.cancelled() => return,
                edit = reloads.changed() => match edit {
                    Ok(()) => self.forget(),
                    Err(_) => return,
                },
                learned = news.recv() => {
                    let mut audiences = HashSet::new();
                    match learned {
                        Ok(audience) => drop(audiences.insert(audience)),
                        Err(RecvError::Lagged(_)) => audiences = self.audiences(),
                        Err(RecvError::Closed) => return,
                    }
                    while let Ok(audience) = news.try_recv() {
                        audiences.insert(audience);
                    }
                    self.shown.learned.fetch_add(1, Ordering::SeqCst);
                    for audience in audiences {
                        self.review(&audience).await;
                    }
                }
            }
        }
    }

    /// Hears the servers until the process ends. Nothing else is done here: while a list is judged, one server that
    /// goes on talking would make all the others' words be lost.
    pub(in crate::gateway) async fn hear(self) {
        let mut changes = self.parts.discovery.changes();
        loop {
            tokio::select! {
                () = self.parts.end.cancelled() => return,
                told = changes.recv() => match told {
                    Ok(told) => self.take_note(told),
                    Err(RecvError::Lagged(_)) => self.forget(),
                    Err(RecvError::Closed) => return,
                },
            }
        }
    }

    async fn review(&self, audience: &Audience) {
        let Some(view) = self.view_of(audience) else { return };
        for kind in Shelf::all().filter(|kind| view.shows(*kind)) {
            let catalogue = Catalogue::read(&self.parts.discovery, &view.scope, kind).await;
            if view.note(kind, &catalogue) {
                self.parts.notices.tell(&audience.caller, kind.change());
            }
        }
    }

    /// A server has something else than before: it is asked again, and the caller's clients hear of it if that
    /// changes what they are shown.
    fn take_note(&self, told: Changed) {
        let Changed { caller, server, what } = told;
        match what {
            Change::Tools => self.ask_again(caller, server, Topic::Tools),
            Change::Prompts | Change::Resources => self.ask_again(caller, server, Topic::Offers),
            // Only clients that watch this very resource are told, so that nothing new is in it.
            change @ Change::Resource(_) => self.parts.notices.tell(&caller, change),
            // No server says this of itself.
            Change::Outage(_) => {}
        }
    }

    fn ask_again(&self, caller: CallerId, server: ServerName, topic: Topic) {
        self.parts.discovery.outdate(caller.clone(), server.clone(), topic);
        if self.views_of(&caller).is_empty() {
            return;
        }
        // A server that changes its mind says so several times.
        let question = (caller, server, topic);
        let still = |settling: &Settling| settling.asked.is_none();
        let (settling, is_new) = self
            .shown
            .settling
            .get_or_renew(question.clone(), still, |former| Settling::after(former, Instant::now()));
        if !is_new {
            return;
        }
        let gateway = self.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = gateway.parts.end.cancelled() => {}
                () = tokio::time::sleep(settling.pause) => gateway.ask_settled(question, settling).await,
            }
        });
    }

    async fn ask_settled(&self, question: (CallerId, ServerName, Topic), settling: Settling) {
        let settled = Settling { asked: Some(Instant::now()), ..settling };
        self.shown.settling.insert(question.clone(), settled);
        let (caller, server, topic) = question;
        let discovery = &self.parts.discovery;
        for view in self.views_of(&caller) {
            let Some(server) = view.scope.caller.config.find(server.as_str()) else { continue };
            // One that has gone to rest during a longer pause is asked by whoever wants its list next.
            if settling.pause == SETTLING || discovery.is_awake(&view.scope, server) {
                discovery.inquire_again(&view.scope, server, topic).await;
            }
        }
    }

    pub(super) fn views_of(&self, caller: &CallerId) -> Vec<Arc<View>> {
        let views = self.shown.views.all().into_iter().filter(|(audience, _)| audience.caller == *caller);
        views.map(|(_, view)| view).collect()
    }

    /// After an edit nobody knows what the callers would be shown: they are told to look.
    fn forget(&self) {
        let callers: HashSet<_> = self.audiences().into_iter().map(|audience| audience.caller).collect();
        for caller in callers {
            for kind in Shelf::all() {
                self.parts.notices.tell(&caller, kind.change());
            }
        }
        self.shown.views.clear();
    }

    pub(super) fn audiences(&self) -> HashSet<Audience> {
        self.shown.views.all().into_iter().map(|(audience, _)| audience).collect()
    }
}

impl Settling {
    fn after(former: Option<Self>, now: Instant) -> Self {
        let soon =
            |settled: &Self| settled.asked.is_some_and(|asked| now - asked < SILENCE.max(settled.pause));
        let pause = match former.filter(soon) {
            Some(Self { pause, .. }) => (2 * pause).min(LONGEST_SETTLING),
            None => SETTLING,
        };
        Self { pause, asked: None }
    }
}

impl View {
    pub(super) fn shows(&self, kind: Shelf) -> bool {
        self.lists.lock().contains_key(&kind)
    }

    /// Whether something else was shown before.
    fn note(&self, kind: Shelf, catalogue: &Catalogue) -> bool {
        let fingerprint = catalogue.fingerprint();
        let before = self.lists.lock().insert(kind, fingerprint);
        if before == Some(fingerprint) {
            return false;
        }
        for (server, count) in &catalogue.contested {
            let list = kind.change().method();
            tracing::warn!(%server, count, list, "entries whose names are no direct names, or are taken, gave way");
        }
        true
    }
}

impl Shelf {
    fn topic(self) -> Topic {
        match self {
            Self::Tools => Topic::Tools,
            Self::Offers(_) => Topic::Offers,
        }
    }

    /// What a client is told whose list of these has become another.
    fn change(self) -> Change {
        match self {
            Self::Tools => Change::Tools,
            Self::Offers(OfferKind::Prompt) => Change::Prompts,
            Self::Offers(OfferKind::Resource | OfferKind::Template) => Change::Resources,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_changes_after_every_question_is_asked_ever_later_until_it_is_silent() {
        let mut now = Instant::now();
        let mut settling = None;
        let mut pause_after = |silence: Duration| {
            now += silence;
            let next = Settling::after(settling, now);
            settling = Some(Settling { asked: Some(now), ..next });
            next.pause
        };
        let pauses =
            [0, 0, 1, 4, 6, 0, 5].map(|silence| pause_after(Duration::from_secs(silence)).as_millis());
        assert_eq!(pauses, [100, 200, 400, 800, 100, 200, 100]);
        let longest = (0..20).map(|_| pause_after(Duration::ZERO)).last();
        assert_eq!(longest, Some(LONGEST_SETTLING));
        assert_eq!(pause_after(LONGEST_SETTLING), SETTLING);
    }
}
