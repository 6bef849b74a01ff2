//! Requests to eventing's webhook.

use eventing_web::read_cloud_events;

/// Content types, and whether there is a header `ce-specversion`.
const FORMS: [(&str, bool); 4] = [
    ("application/cloudevents+json", false),
    ("application/cloudevents-batch+json; charset=utf-8", false),
    ("application/json", true),
    ("application/json", false),
];

/// Reads a body as each form of CloudEvents. An error names a field and repeats nothing of what was sent.
///
/// # Panics
/// When a form is not taken, or an error is long.
pub fn cloud_events(data: &[u8]) {
    for (content_type, has_attributes) in FORMS {
        match read_cloud_events(content_type, has_attributes, data) {
            None => panic!("{content_type} is not taken"),
            Some(Ok(events)) => assert!(events.len() <= data.len(), "more events than bytes"),
            Some(Err(error)) => assert!(error.len() < 1_000 && error.contains(':'), "{error}"),
        }
    }
}
