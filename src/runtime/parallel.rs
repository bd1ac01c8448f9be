//! Work on several threads whose results are taken in order.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, PoisonError};

use crate::error::Result;

/// Makes `count` things on some threads and takes them in order; at most `workers` wait to be taken.
///
/// # Errors
/// The first in order, of `make` or `take`; nothing after it is taken. A panic of `make` goes on in the caller.
pub fn map_ordered<T: Send>(
    count: u32,
    workers: usize,
    make: impl Fn(u32) -> Result<T> + Sync,
    mut take: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    struct Desk<T> {
        next: u32,
        taken: u32,
        made: BTreeMap<u32, std::thread::Result<Result<T>>>,
        stopped: bool,
    }
    let desk = Mutex::new(Desk { next: 0, taken: 0, made: BTreeMap::new(), stopped: false });
    let changed = Condvar::new();
    let lock = || desk.lock().unwrap_or_else(PoisonError::into_inner);
    let ahead = workers.max(1) as u32;
    std::thread::scope(|scope| {
        for _ in 0..ahead.min(count) {
            scope.spawn(|| {
                loop {
                    let mut at = lock();
                    while at.next < count && at.next >= at.taken + 2 * ahead && !at.stopped {
                        at = changed.wait(at).unwrap_or_else(PoisonError::into_inner);
                    }
                    if at.next >= count || at.stopped {
                        return;
                    }
                    let number = at.next;
                    at.next += 1;
                    drop(at);
                    // A panic must reach the thread that waits for this number, or it waits for ever.
                    let made = catch_unwind(AssertUnwindSafe(|| make(number)));
                    lock().made.insert(number, made);
                    changed.notify_all();
                }
            });
        }
        let mut outcome = Ok(());
        for number in 0..count {
            let mut at = lock();
            let made = loop {
                match at.made.remove(&number) {
                    Some(made) => break made,
                    None => at = changed.wait(at).unwrap_or_else(PoisonError::into_inner),
                }
            };
            at.taken = number + 1;
            drop(at);
            changed.notify_all();
            outcome = match made {
                Ok(made) => made.and_then(&mut take),
                Err(panic) => {
                    lock().stopped = true;
                    changed.notify_all();
                    resume_unwind(panic)
                }
            };
            if outcome.is_err() {
                lock().stopped = true;
                changed.notify_all();
                break;
            }
        }
        outcome
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn results_come_in_order_whatever_finishes_first() {
        let mut taken = Vec::new();
        let make = |n: u32| {
            std::thread::sleep(std::time::Duration::from_millis(u64::from(7 - n % 7)));
            Ok(n)
        };
        map_ordered(50, 4, make, |n| {
            taken.push(n);
            Ok(())
        })
        .unwrap();
        assert_eq!(taken, (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn an_error_stops_the_others() {
        let make = |n| if n == 3 { Err(Error::LocationCredentials) } else { Ok(n) };
        let error = map_ordered(1_000_000, 4, make, |_| Ok(())).unwrap_err();
        assert!(matches!(error, Error::LocationCredentials), "{error}");
    }

    /// A panic in a shard once left the run waiting for ever.
    #[test]
    #[should_panic(expected = "shard 2")]
    fn a_panic_reaches_the_caller() {
        let make = |n| if n == 2 { panic!("shard 2") } else { Ok(n) };
        let _ = map_ordered(10, 2, make, |_| Ok(()));
    }
}
