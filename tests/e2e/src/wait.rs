use std::time::{Duration, Instant};

/// Asks until there is an answer. Panics with `what` when none came within the limit.
pub fn until<T>(what: &str, limit: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    within(limit, &mut ask).unwrap_or_else(|| panic!("within {} s: {what}", limit.as_secs()))
}

/// Asks until there is an answer, or the limit is over.
pub fn within<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
}
