//! Slashes that are doubled or at the end of a path: the Salesforce CLI sends them, and an org does not mind.

use actix_web::dev::{ServiceRequest, Url};
use actix_web::http::Uri;
use actix_web::http::uri::PathAndQuery;

/// Takes them away, before a route is looked for. Most paths have none, and cost nothing.
pub(super) fn take_away(request: &mut ServiceRequest) {
    let Some(uri) = without(request.uri()) else { return };
    request.match_info_mut().set(Url::new(uri.clone()));
    request.head_mut().uri = uri;
}

/// The URI without them, if it has any.
fn without(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    if path == "/" || !(path.ends_with('/') || path.contains("//")) {
        return None;
    }
    let mut target = String::with_capacity(uri.path_and_query()?.as_str().len());
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        target.push('/');
        target.push_str(segment);
    }
    if target.is_empty() {
        target.push('/');
    }
    if let Some(query) = uri.query() {
        target.push('?');
        target.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn only_slashes_that_say_nothing_are_taken_away() {
        let tidy = |uri: &str| without(&uri.parse().unwrap()).map(|uri| uri.to_string());
        for (uri, expected) in [
            ("/services/data/", "/services/data"),
            ("//services///data//v62.0/", "/services/data/v62.0"),
            ("/services/data//v62.0/query/?q=a//b/", "/services/data/v62.0/query?q=a//b/"),
            ("///", "/"),
            ("//?x=1", "/?x=1"),
            ("http://localhost:8090//console/", "http://localhost:8090/console"),
        ] {
            assert_eq!(tidy(uri).as_deref(), Some(expected), "{uri}");
        }
        for uri in ["/", "/?x=//", "/services/data/v62.0/query?q=a//b/", "/a%2F/b", "*"] {
            assert_eq!(tidy(uri), None, "{uri}");
        }
    }
}
