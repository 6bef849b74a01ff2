//! The orgs of a thread, and what each answer promises.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::time::{Duration, Instant};

use local_org::{Asked, Config, Inside, Replied};
use serde_json::Value;

/// Where the data API begins.
pub(super) const API: &str = "/services/data/v62.0";
/// How long an answer, or the end of a job, may take. An input that needs more is a finding.
const LIMIT: Duration = Duration::from_secs(20);
/// Inputs after which the orgs are opened anew: what was written slows what comes later.
const INPUTS: u32 = 3_000;
/// What a defect of local-org's own is called in answers. Its code is also that of a deploy that fails as a whole.
const DEFECT: &str = "An unexpected error occurred";

/// The orgs of this thread.
pub(super) struct Org {
    inside: Inside,
    /// Of the administrator of `my-org`.
    pub(super) token: String,
    inputs: u32,
}

thread_local! {
    // Left alone when the thread ends: what the orgs' runtime needs is gone then.
    static ORG: RefCell<Option<ManuallyDrop<Org>>> = const { RefCell::new(None) };
}

/// Lends the orgs of this thread for an input. One in which [`DEFECT`] stands is left out: libFuzzer learns the text from the
/// check for it, and answers repeat what was sent, also by an earlier input.
pub(super) fn with_org(input: &[u8], work: impl FnOnce(&Org)) {
    if input.windows(DEFECT.len()).any(|window| window == DEFECT.as_bytes()) {
        return;
    }
    ORG.with_borrow_mut(|slot| {
        if let Some(old) = slot.take_if(|org| org.inputs >= INPUTS) {
            drop(ManuallyDrop::into_inner(old));
        }
        let org = slot.get_or_insert_with(|| ManuallyDrop::new(Org::open()));
        org.inputs += 1;
        work(org);
    });
}

impl Org {
    fn open() -> Self {
        let salesforce_dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../salesforce");
        let config = Config { salesforce_dir: Some(salesforce_dir), opportunities: 5, ..Config::default() };
        let inside = Inside::open(config).unwrap_or_else(|error| panic!("the orgs do not open: {error:#}"));
        let mut org = Self { inside, token: String::new(), inputs: 0 };
        let orgs = org.json("GET", "/local/orgs", "", b"");
        org.token = orgs[0]["users"][0]["accessToken"].as_str().unwrap_or_default().to_owned();
        assert!(!org.token.is_empty(), "no token in {orgs}");
        org
    }

    /// A call of the administrator that has a JSON answer.
    pub(super) fn json(&self, method: &str, target: &str, content_type: &str, body: &[u8]) -> Value {
        let replied = self.ask(method, target, content_type, body);
        let body = replied.map(|replied| replied.body).unwrap_or_default();
        serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{target}: {error}"))
    }

    /// A call of the administrator. `None` when it is no request.
    pub(super) fn ask(&self, method: &str, target: &str, content_type: &str, body: &[u8]) -> Option<Replied> {
        let bearer = format!("Bearer {}", self.token);
        let session = [("authorization", bearer.as_bytes()), ("x-sfdc-session", self.token.as_bytes())];
        let typed = [session[0], session[1], ("content-type", content_type.as_bytes())];
        let headers = if content_type.is_empty() { session.as_slice() } else { typed.as_slice() };
        self.send(&Asked { method, target, headers, body })
    }

    /// A request, whose answer must keep the promises.
    pub(super) fn send(&self, asked: &Asked<'_>) -> Option<Replied> {
        let replied = match self.inside.ask(asked, LIMIT) {
            Ok(replied) => replied?,
            Err(error) => panic!("{} {}: {error:#}", asked.method, asked.target),
        };
        check(asked, &replied);
        Some(replied)
    }

    /// Asks until `ended` knows an end, while the work goes on.
    pub(super) fn until(&self, target: &str, ended: impl Fn(&Replied) -> bool) -> Replied {
        let started = Instant::now();
        loop {
            let Some(replied) = self.ask("GET", target, "", b"") else { panic!("{target} is no request") };
            if ended(&replied) {
                return replied;
            }
            let last = String::from_utf8_lossy(&replied.body).into_owned();
            assert!(started.elapsed() < LIMIT, "{target} comes to no end: {last}");
            std::thread::sleep(Duration::from_micros(200));
        }
    }
}

fn check(asked: &Asked<'_>, replied: &Replied) {
    let content_type = replied.content_type.as_deref().unwrap_or_default();
    let text = String::from_utf8_lossy(&replied.body);
    let (method, target) = (asked.method, asked.target);
    // A fault of SOAP is an answer with 500 by its standard.
    let is_fault = replied.status == 500 && text.contains(":Fault>");
    assert!(replied.status < 500 || is_fault, "{method} {target}: {} {text}", replied.status);
    assert!(!text.contains(DEFECT), "{method} {target}: {text}");
    // What was sent for a batch comes back as it was, also where it is a query.
    if replied.body.is_empty() || target.ends_with("/request") {
        return;
    }
    if content_type.starts_with("application/json") {
        let parsed = serde_json::from_slice::<Value>(&replied.body);
        assert!(parsed.is_ok(), "{method} {target}: no JSON: {parsed:?}: {text}");
    } else if content_type.starts_with("text/xml") || content_type.starts_with("application/xml") {
        let parsed = roxmltree::Document::parse(&text);
        assert!(parsed.is_ok(), "{method} {target}: no XML: {parsed:?}: {text}");
    }
}
