//! Slows down who guesses passwords.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Tries of one address within [`WINDOW`].
const TRIES: u32 = 5;

/// Counted from the first try on.
const WINDOW: Duration = Duration::from_secs(5 * 60);

/// Addresses that are remembered.
const MAX_ADDRESSES: usize = 10_000;

/// Counts tries to log in by address, in this process.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    tries: Mutex<Remembered>,
}

#[derive(Debug, Default)]
struct Remembered {
    by_address: HashMap<IpAddr, Tries>,
    /// Windows in the order in which they end. One whose address has begun another, or was forgotten, means nothing.
    ends: VecDeque<(Instant, IpAddr)>,
}

#[derive(Debug)]
struct Tries {
    count: u32,
    until: Instant,
}

impl Limiter {
    /// Counts a try before it is judged, so that many at once do not get more than one after the other.
    ///
    /// # Errors
    /// How long this address has to wait.
    pub(crate) fn attempt(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        tries.forget(now);
        let entry = tries.begin(group(address), now);
        if entry.count >= TRIES {
            return Err(entry.until.saturating_duration_since(now));
        }
        entry.count += 1;
        Ok(())
    }

    /// Forgets the tries of an address from which somebody has logged in.
    pub(crate) fn succeeded(&self, address: IpAddr) {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner).by_address.remove(&group(address));
    }
}

impl Remembered {
    /// Makes room: what has ended goes, and the oldest when there are too many.
    fn forget(&mut self, now: Instant) {
        while let Some((until, address)) = self.ends.front().copied() {
            if until > now && self.ends.len() < MAX_ADDRESSES {
                return;
            }
            self.ends.pop_front();
            if self.by_address.get(&address).is_some_and(|tries| tries.until == until) {
                self.by_address.remove(&address);
            }
        }
    }

    fn begin(&mut self, address: IpAddr, now: Instant) -> &mut Tries {
        self.by_address.entry(address).or_insert_with(|| {
            let until = now + WINDOW;
            self.ends.push_back((until, address));
            Tries { count: 0, until }
        })
    }
}

/// Whoever has an IPv6 address usually has 2^64 of them.
fn group(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn after_some_tries_an_address_has_to_wait() {
        let (limiter, now) = (Limiter::default(), Instant::now());
        for _ in 0..TRIES {
            assert_eq!(limiter.attempt(address("192.0.2.1"), now), Ok(()));
        }
        let later = now + Duration::from_secs(60);
        assert_eq!(limiter.attempt(address("192.0.2.1"), later), Err(WINDOW - Duration::from_secs(60)));
        assert!(limiter.attempt(address("::ffff:192.0.2.1"), later).is_err(), "the same address");
        assert_eq!(limiter.attempt(address("192.0.2.2"), later), Ok(()), "another one does not");
        assert_eq!(limiter.attempt(address("192.0.2.1"), now + WINDOW), Ok(()));
    }

    #[test]
    fn a_login_starts_anew() {
        let (limiter, now) = (Limiter::default(), Instant::now());
        for _ in 0..3 * TRIES {
            assert_eq!(limiter.attempt(address("192.0.2.1"), now), Ok(()));
            limiter.succeeded(address("192.0.2.1"));
        }
    }

    #[test]
    fn a_network_counts_as_one_and_memory_is_bounded() {
        let (limiter, now) = (Limiter::default(), Instant::now());
        for number in 0..TRIES {
            assert_eq!(limiter.attempt(address(&format!("2001:db8::{number:x}")), now), Ok(()));
        }
        assert!(limiter.attempt(address("2001:db8::ffff"), now).is_err());
        for number in 0..2 * u32::try_from(MAX_ADDRESSES).unwrap() {
            let _ = limiter.attempt(IpAddr::V4(number.into()), now);
        }
        let tries = limiter.tries.lock().unwrap();
        assert!(tries.by_address.len() <= MAX_ADDRESSES && tries.ends.len() <= MAX_ADDRESSES);
    }
}
