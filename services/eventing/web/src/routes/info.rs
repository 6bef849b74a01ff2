//! `GET /info` and the page `GET /`: counts and states, for who has the token. They show no record and no secret.

use crate::app::App;
use crate::info::{Info, info};
use crate::pages;
use crate::token::AuthorizedOrBasic;
use actix_web::http::StatusCode;
use actix_web::http::header::WWW_AUTHENTICATE;
use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get};
use shared::web::ApiError;

/// Tells who subscribes and how far it is, what waits, and which jobs there were.
#[utoipa::path(
    tag = "info",
    operation_id = "getInfo",
    responses((status = 200, description = "Counts and states.", body = Info), (status = 401, description = "The token is missing or wrong.")),
    security(("token" = []))
)]
#[get("/info")]
pub(crate) async fn get_info(_authorized: AuthorizedOrBasic, app: Data<App>) -> Result<Json<Info>, ApiError> {
    info(&app).await.map(Json)
}

/// The same as a page. A browser asks for the token as a password.
#[get("/")]
pub(crate) async fn page(authorized: Result<AuthorizedOrBasic, ApiError>, app: Data<App>) -> HttpResponse {
    if let Err(error) = authorized {
        return match error.status() {
            StatusCode::UNAUTHORIZED => HttpResponse::Unauthorized()
                .insert_header((WWW_AUTHENTICATE, "Basic realm=\"WEBHOOK_TOKEN as password\", charset=\"UTF-8\""))
                .finish(),
            _ => HttpResponse::from_error(error),
        };
    }
    match info(&app).await {
        Ok(info) => pages::home(&info),
        Err(error) => HttpResponse::from_error(error),
    }
}
