//! Slows down who guesses passwords.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Tries of one address within [`WINDOW`].
const TRIES: u32 = 5;

/// Counted from the first try on.
const WINDOW: Duration = Duration::from_secs(5 * 60);

/// Tries of all addresses together within [`WINDOW`] that did not end in a login. Who has many addresses gets no further.
const ALL_TRIES: u32 = 200;

/// Addresses that are remembered.
const MAX_ADDRESSES: usize = 10_000;

/// Addresses that are remembered for a login.
const MAX_KNOWN: usize = 1_000;

/// Counts tries to log in by address, in this process. An address from which somebody has logged in keeps its own tries when
/// those of all are used up, so that who uses them up locks out nobody who was here before.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    tries: Mutex<Remembered>,
}

#[derive(Debug, Default)]
struct Remembered {
    by_address: HashMap<IpAddr, Tries>,
    /// Those of all addresses, and when they are forgotten.
    all: Option<Tries>,
    /// Addresses of logins, the oldest first.
    known: VecDeque<IpAddr>,
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
    pub(super) fn attempt(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        tries.forget(now);
        let address = group(address);
        let known = tries.known.contains(&address);
        let all = tries.all(now);
        if !known && all.count >= ALL_TRIES {
            return Err(all.until.saturating_duration_since(now));
        }
        let entry = tries.begin(address, now);
        if entry.count >= TRIES {
            return Err(entry.until.saturating_duration_since(now));
        }
        entry.count += 1;
        if !known {
            tries.all(now).count += 1;
        }
        Ok(())
    }

    /// Forgets the tries of an address from which somebody has logged in, and remembers the address.
    pub(super) fn succeeded(&self, address: IpAddr) {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let address = group(address);
        tries.by_address.remove(&address);
        if tries.known.contains(&address) {
            return;
        }
        if let Some(all) = &mut tries.all {
            all.count = all.count.saturating_sub(1);
        }
        if tries.known.len() >= MAX_KNOWN {
            tries.known.pop_front();
        }
        tries.known.push_back(address);
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

    /// The tries of all addresses; new ones when those before are forgotten.
    fn all(&mut self, now: Instant) -> &mut Tries {
        if self.all.as_ref().is_some_and(|all| all.until <= now) {
            self.all = None;
        }
        self.all.get_or_insert_with(|| Tries { count: 0, until: now + WINDOW })
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
    fn many_addresses_share_a_budget_and_those_of_logins_have_their_own() {
        let (limiter, now) = (Limiter::default(), Instant::now());
        assert_eq!(limiter.attempt(address("192.0.2.1"), now), Ok(()));
        limiter.succeeded(address("192.0.2.1"));
        for number in 0..ALL_TRIES {
            assert_eq!(limiter.attempt(IpAddr::V4((0x0a00_0000 + number).into()), now), Ok(()), "{number}");
        }
        let later = now + Duration::from_secs(60);
        assert_eq!(limiter.attempt(address("198.51.100.1"), later), Err(WINDOW - Duration::from_secs(60)));
        for _ in 0..TRIES {
            assert_eq!(limiter.attempt(address("192.0.2.1"), later), Ok(()), "somebody has logged in from there");
        }
        assert!(limiter.attempt(address("192.0.2.1"), later).is_err());
        assert_eq!(limiter.attempt(address("198.51.100.1"), now + WINDOW), Ok(()));
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
