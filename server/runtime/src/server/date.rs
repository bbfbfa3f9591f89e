//! The value of `Date`. Hyper's own stays in the future when the clock steps back.

use std::cell::RefCell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderValue;
use httpdate::fmt_http_date;

/// 9999-12-31T23:59:59Z, since 1970.
const LAST: Duration = Duration::from_secs(253_402_300_799);

thread_local! {
    /// The second, since 1970, of the last response of this thread, with its text.
    static LATEST: RefCell<(u64, HeaderValue)> = RefCell::new((0, header_of(UNIX_EPOCH)));
}

/// The value of now.
pub(super) fn header() -> HeaderValue {
    // The years that HTTP can represent.
    let now = SystemTime::now().clamp(UNIX_EPOCH, UNIX_EPOCH + LAST);
    let second = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    LATEST.with_borrow_mut(|latest| {
        if latest.0 != second {
            *latest = (second, header_of(now));
        }
        latest.1.clone()
    })
}

fn header_of(time: SystemTime) -> HeaderValue {
    HeaderValue::try_from(fmt_http_date(time)).expect("a date is visible ASCII")
}
