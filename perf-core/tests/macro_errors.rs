//! Every misuse of `#[measure]` and of spans is refused at its own place, in a sentence; see `ui/`.

#[test]
fn misuse_is_refused_in_a_sentence() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
