//! The routes below `/local`, each with a line that tells what it is for: `GET /local` answers them. A route is added here
//! and nowhere else, so that the list has all of them.

use actix_web::dev::Handler;
use actix_web::{FromRequest, HttpResponse, Responder, Route, web};
use serde::Serialize;

/// Adds routes below `/local` and remembers them.
pub(crate) struct Routes<'c> {
    config: &'c mut web::ServiceConfig,
    listed: Vec<Listed>,
}

/// A route as the list has it.
#[derive(Debug, Clone, Serialize)]
struct Listed {
    method: &'static str,
    path: String,
    /// What it does, and what it takes.
    what: &'static str,
}

impl<'c> Routes<'c> {
    pub(super) fn new(config: &'c mut web::ServiceConfig) -> Self {
        Self { config, listed: Vec::new() }
    }

    /// Adds a route; `what` is one line.
    pub(crate) fn get<F, A>(&mut self, path: &str, what: &'static str, handler: F) -> &mut Self
    where
        F: Handler<A>,
        A: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add("GET", path, what, web::get().to(handler))
    }

    /// As [`Routes::get`].
    pub(crate) fn post<F, A>(&mut self, path: &str, what: &'static str, handler: F) -> &mut Self
    where
        F: Handler<A>,
        A: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add("POST", path, what, web::post().to(handler))
    }

    /// As [`Routes::get`].
    pub(crate) fn put<F, A>(&mut self, path: &str, what: &'static str, handler: F) -> &mut Self
    where
        F: Handler<A>,
        A: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add("PUT", path, what, web::put().to(handler))
    }

    /// As [`Routes::get`].
    pub(crate) fn patch<F, A>(&mut self, path: &str, what: &'static str, handler: F) -> &mut Self
    where
        F: Handler<A>,
        A: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add("PATCH", path, what, web::patch().to(handler))
    }

    /// As [`Routes::get`].
    pub(crate) fn delete<F, A>(&mut self, path: &str, what: &'static str, handler: F) -> &mut Self
    where
        F: Handler<A>,
        A: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add("DELETE", path, what, web::delete().to(handler))
    }

    /// Adds the list itself, as the last one.
    pub(super) fn list(self) {
        let listed = web::Data::new(self.listed);
        self.config.app_data(listed).route("", web::get().to(list));
    }

    fn add(&mut self, method: &'static str, path: &str, what: &'static str, route: Route) -> &mut Self {
        self.listed.push(Listed { method, path: format!("/local{path}"), what });
        self.config.route(path, route);
        self
    }
}

async fn list(listed: web::Data<Vec<Listed>>) -> HttpResponse {
    HttpResponse::Ok().json(&**listed)
}
