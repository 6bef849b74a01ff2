//! The keyboard.

use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, read};
use tokio::sync::mpsc;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// The next queue.
    Next,
    /// The one before.
    Previous,
    /// The end.
    Quit,
    /// The terminal has another size.
    Resized,
}

/// Keys from now on. The thread that waits for them ends with the process, or when nobody wants them any more.
pub(super) fn listen() -> mpsc::Receiver<Key> {
    let (sender, receiver) = mpsc::channel(16);
    std::thread::spawn(move || {
        while let Ok(event) = read() {
            let key = match event {
                Event::Key(key) => key_of(key),
                Event::Resize(..) => Some(Key::Resized),
                _ => None,
            };
            if let Some(key) = key
                && sender.blocking_send(key).is_err()
            {
                return;
            }
        }
    });
    receiver
}

fn key_of(key: KeyEvent) -> Option<Key> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    match (key.code, key.modifiers) {
        (KeyCode::Char('c' | 'd'), modifiers) if modifiers.contains(KeyModifiers::CONTROL) => Some(Key::Quit),
        (KeyCode::Char('q') | KeyCode::Esc, _) => Some(Key::Quit),
        (KeyCode::Tab | KeyCode::Right | KeyCode::Char('l'), _) => Some(Key::Next),
        (KeyCode::BackTab | KeyCode::Left | KeyCode::Char('h'), _) => Some(Key::Previous),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_view_ends_as_people_expect() {
        let key = |code, modifiers| key_of(KeyEvent::new(code, modifiers));
        let quits = [
            (KeyCode::Char('q'), KeyModifiers::NONE),
            (KeyCode::Esc, KeyModifiers::NONE),
            (KeyCode::Char('c'), KeyModifiers::CONTROL),
        ];
        for (code, modifiers) in quits {
            assert_eq!(key(code, modifiers), Some(Key::Quit), "{code:?}");
        }
        assert_eq!(key(KeyCode::Char('c'), KeyModifiers::NONE), None);
        assert_eq!(key(KeyCode::Tab, KeyModifiers::NONE), Some(Key::Next));
    }
}
