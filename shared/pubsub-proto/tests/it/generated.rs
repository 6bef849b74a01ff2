use std::path::Path;
use std::{env, fs};

const FILE: &str = "eventbus.v1.rs";

/// With `UPDATE=1` the committed file is written instead.
#[test]
#[expect(clippy::disallowed_methods, reason = "a switch for developers, and no setting")]
fn generated_code_is_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let committed = root.join("src").join(FILE);
    let code = generate(root);

    if env::var("UPDATE").is_ok_and(|value| value == "1") {
        fs::write(&committed, code).expect("the generated file can be written");
        return;
    }
    let current = fs::read_to_string(&committed).expect("the generated file can be read");
    assert!(
        current == code,
        "src/{FILE} is not what proto/pubsub_api.proto generates; run this test with UPDATE=1 to write it"
    );
}

fn generate(root: &Path) -> String {
    let descriptors =
        protox::compile([root.join("proto/pubsub_api.proto")], [root.join("proto")]).expect("the proto file is valid");
    let out = Path::new(env!("CARGO_TARGET_TMPDIR"));
    tonic_prost_build::configure()
        .build_client(true)
        .build_server(true)
        .out_dir(out)
        .compile_fds(descriptors)
        .expect("the proto file generates code");
    fs::read_to_string(out.join(FILE)).expect("the generator writes one file for the package")
}
