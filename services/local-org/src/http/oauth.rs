//! OAuth 2.0 and identity, as simple as a local org allows: any password is right, and so is any secret of an app that
//! nobody described. Tokens are asked for with forms, as the standard has it; that no page of another site asks is the
//! guard's concern (`crate::guard`). The page on which users allow an app to log in is the console's.

mod failure;
mod identity;
mod introspection;
mod single_access;
mod token;

use actix_web::web;

/// Adds the routes of `/services/oauth2`, `/id` and `/secur`.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/services/oauth2/token", web::post().to(token::token))
        .route("/services/oauth2/revoke", web::post().to(token::revoke))
        .route("/services/oauth2/introspect", web::post().to(introspection::introspect))
        .service(
            web::resource("/services/oauth2/userinfo")
                .route(web::get().to(identity::userinfo))
                .route(web::post().to(identity::userinfo)),
        )
        .service(
            web::resource("/services/oauth2/singleaccess")
                .route(web::get().to(single_access::pass))
                .route(web::post().to(single_access::pass)),
        )
        .route("/secur/frontdoor.jsp", web::get().to(single_access::enter))
        .route("/id/{org}/{user}", web::get().to(identity::identity));
}
