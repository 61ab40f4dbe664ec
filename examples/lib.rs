//! The examples of the workspace: `cargo run --release --example NAME`.
