//! Panics in code that is not ours: a decoder can take for granted what a damaged file does not hold. Such a panic is
//! an answer like any other: the file is damaged, and no more is said. Any other panic is a fault of regua.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static IS_CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// The result; `None` where it panics. What it works on is thrown away then.
pub fn contain<T>(work: impl FnOnce() -> T) -> Option<T> {
    let was_contained = IS_CONTAINED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_CONTAINED.set(was_contained);
    done.ok()
}

/// Is the panic that a hook is told of one that `contain` catches?
pub fn is_contained() -> bool {
    IS_CONTAINED.get()
}
