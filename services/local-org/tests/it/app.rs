//! A tiny app for the tests of calls: it answers as it was told and remembers what it was asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, HttpServer, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A running app.
pub(crate) struct TestApp {
    pub(crate) url: String,
    state: Arc<State>,
    server: actix_web::dev::ServerHandle,
}

#[derive(Default)]
struct State {
    asked: Mutex<Vec<Asked>>,
    answer: Mutex<Answer>,
}

/// A request that came in.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

/// What the app answers.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) after: Duration,
}

impl Default for Answer {
    fn default() -> Self {
        Self { status: 200, body: json!({"ok": true}), after: Duration::ZERO }
    }
}

impl Asked {
    /// The client context.
    pub(crate) fn context(&self) -> Value {
        let header = self.headers.get("x-client-context").expect("a client context");
        serde_json::from_slice(&STANDARD.decode(header).expect("base64")).expect("JSON")
    }

    pub(crate) fn token(&self) -> String {
        self.context()["accessToken"].as_str().expect("a token").to_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        let state = Arc::<State>::default();
        let data = web::Data::from(Arc::clone(&state));
        let server =
            HttpServer::new(move || actix_web::App::new().app_data(data.clone()).default_service(web::to(answer)))
                .workers(1)
                .disable_signals()
                .bind(("127.0.0.1", 0))
                .expect("a free port");
        let url = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { url, state, server: handle }
    }

    pub(crate) fn answers(&self, status: u16, body: Value, after: Duration) {
        *self.state.answer.lock().expect("the answer") = Answer { status, body, after };
    }

    /// All requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().expect("the requests").clone()
    }

    /// The last request.
    pub(crate) fn last(&self) -> Asked {
        self.asked().pop().expect("a request")
    }

    /// Stops it, so that nobody answers at its URL.
    pub(crate) async fn stop(&self) {
        self.server.stop(false).await;
    }
}

async fn answer(request: HttpRequest, body: web::Bytes, state: web::Data<State>) -> HttpResponse {
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().expect("a text").to_owned()));
    state.asked.lock().expect("the requests").push(Asked {
        method: request.method().to_string(),
        target: request.uri().to_string(),
        headers: headers.collect(),
        body: String::from_utf8(body.to_vec()).expect("a text"),
    });
    let answer = state.answer.lock().expect("the answer").clone();
    tokio::time::sleep(answer.after).await;
    let status = actix_web::http::StatusCode::from_u16(answer.status).expect("a status");
    match answer.body {
        Value::Null => HttpResponse::build(status).finish(),
        Value::String(text) => HttpResponse::build(status).body(text),
        body => HttpResponse::build(status).json(body),
    }
}
