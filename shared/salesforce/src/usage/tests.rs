use super::ApiUsage;

#[test]
fn usage_is_read_from_the_header() {
    let usage = Some(ApiUsage { used: 18, limit: 5000 });
    assert_eq!(ApiUsage::parse("api-usage=18/5000"), usage);
    assert_eq!(ApiUsage::parse("api-usage=18/5000; per-app-api-usage=17/250(appName=sample)"), usage);
    assert_eq!(ApiUsage::parse("per-app-api-usage=17/250(appName=sample)"), None);
    for odd in ["", "api-usage=", "api-usage=x/y", "api-usage=1"] {
        assert_eq!(ApiUsage::parse(odd), None);
    }
}
