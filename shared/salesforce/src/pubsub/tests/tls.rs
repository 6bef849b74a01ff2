//! TLS with a certificate of one's own.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tonic::transport::{Identity, Server, ServerTlsConfig};

use super::*;
use crate::install_tls_provider;

#[tokio::test]
async fn certificates_are_checked() {
    install_tls_provider();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let identity = Identity::from_pem(cert.pem(), signing_key.serialize_pem());
    let server = Server::builder().tls_config(ServerTlsConfig::new().identity(identity)).unwrap();
    let fake = Fake::with(server).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, cert.pem()).unwrap();
    let trusting = PubSubConfig { ca_file: Some(path), ..config(&format!("https://localhost:{}", fake.port())) };
    let topic = pubsub_of(trusting.clone(), &Arc::default()).topic(TOPIC).await.unwrap();
    assert_eq!(topic.name, TOPIC);

    fake.add(1);
    let place = Arc::default();
    let mut subscription = subscribe(&pubsub_of(trusting.clone(), &Arc::default()), from_start(), &place);
    assert_eq!(take(&mut subscription, &fake, &place, 1).await, [1]);

    // Not trusted: no call gets through, and so no token.
    let seen = fake.book().metadata.len();
    let error = pubsub_of(PubSubConfig { ca_file: None, ..trusting.clone() }, &Arc::default()).topic(TOPIC).await;
    assert!(matches!(error, Err(PubSubError::Refused(refusal)) if refusal.not_sent));
    // Another name than the certificate's.
    let other =
        PubSubConfig { endpoint: format!("https://127.0.0.1:{}", fake.port()).parse().unwrap(), ..trusting.clone() };
    assert!(pubsub_of(other, &Arc::default()).topic(TOPIC).await.is_err());
    assert_eq!(fake.book().metadata.len(), seen);

    let missing = PubSubConfig { ca_file: Some(folder.path().join("missing.pem")), ..trusting };
    let error = PubSub::connect(missing, &local(), Arc::new(Tokens::default())).unwrap_err();
    assert!(error.to_string().contains("missing.pem"), "{error}");
}
