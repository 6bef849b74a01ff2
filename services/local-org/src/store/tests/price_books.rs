use serde_json::json;

use super::support::{TestOrg, code, failure, text};

#[test]
fn the_standard_price_comes_first() {
    let org = TestOrg::new();
    let product = org.create("Product2", json!({ "Name": "New", "ProductCode": "N1", "IsActive": true })).unwrap();
    let book = org.create("Pricebook2", json!({ "Name": "Partners", "IsActive": true })).unwrap();
    let entry = |book: &str, more: serde_json::Value| {
        let mut fields = json!({ "Pricebook2Id": book, "Product2Id": product, "IsActive": true });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        org.create("PricebookEntry", fields)
    };
    let expected =
        (400, "STANDARD_PRICE_NOT_DEFINED".to_owned(), "No standard price defined for this product".to_owned());
    assert_eq!(failure(entry(&book, json!({ "UnitPrice": 5 }))), expected);
    assert_eq!(code(entry(&org.book, json!({}))), "REQUIRED_FIELD_MISSING");
    let standard = entry(&org.book, json!({ "UnitPrice": 7.5 })).unwrap();
    let record = org.get("PricebookEntry", &standard);
    assert_eq!((text(&record, "Name"), text(&record, "ProductCode")), ("New".to_owned(), "N1".to_owned()));
    let custom = entry(&book, json!({ "UseStandardPrice": true })).unwrap();
    assert_eq!(org.get("PricebookEntry", &custom)["UnitPrice"], 7.5);
    assert_eq!(code(entry(&book, json!({ "UnitPrice": 9 }))), "DUPLICATE_VALUE");
}

#[test]
fn prices_go_with_their_product() {
    let org = TestOrg::new();
    let before = org.count("PricebookEntry");
    org.delete("Product2", &org.product).unwrap();
    assert_eq!(org.count("PricebookEntry"), before - 1);
}

#[test]
fn products_and_price_books_in_use_stay() {
    let org = TestOrg::new();
    org.line(&org.opportunity(), 1.0);
    assert_eq!(code(org.delete("Product2", &org.product)), "DELETE_FAILED");
    assert_eq!(code(org.delete("Pricebook2", &org.book)), "DELETE_FAILED");
}
