//! Work on several things at once, where it is so much that other threads are worth their start.

use std::panic::resume_unwind;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// More at once gain little, and take the processors from others.
const MOST: usize = 4;

/// What comes of each item, in their order; on this thread and, where there are processors, on some more. Those that
/// cannot be started are done without.
pub(super) fn each<T: Sync, R: Send>(items: &[T], act: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let take = || {
        let at = next.fetch_add(1, Ordering::Relaxed);
        items.get(at).map(|item| (at, act(item)))
    };
    let work = || std::iter::from_fn(take).collect::<Vec<(usize, R)>>();
    let more = processors().min(items.len()).saturating_sub(1);
    let mut done = thread::scope(|scope| {
        let start = |_| thread::Builder::new().spawn_scoped(scope, work).ok();
        let helpers: Vec<_> = (0..more).filter_map(start).collect();
        let mut done = work();
        for helper in helpers {
            done.extend(helper.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| thread::available_parallelism().map_or(1, usize::from).min(MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_what_they_come_of() {
        let items: Vec<usize> = (0..100).collect();
        let slow_first = |item: &usize| {
            if *item == 0 {
                thread::sleep(std::time::Duration::from_millis(20));
            }
            item * 2
        };
        assert_eq!(each(&items, slow_first), items.iter().map(|item| item * 2).collect::<Vec<_>>());
        assert_eq!(each(&[] as &[usize], |item| *item), [0; 0]);
    }
}
