//! Each option's mistakes; the functions stay, so that nothing else is reported.
use perf_core::measure;

#[measure(nmae = "x")]
fn unknown() {}

#[measure(name = "a", full, name = "b")]
fn repeated() {}

#[measure(err, err)]
fn repeated_flag() -> Result<(), ()> {
    Ok(())
}

#[measure(name)]
fn no_name() {}

#[measure(name = 3)]
fn no_string() {}

#[measure(name = " ")]
fn empty_name() {}

#[measure(label)]
fn no_label() {}

#[measure(label = )]
fn no_label_expression() {}

#[measure(full = true)]
fn flag_with_value() {}

#[measure(err(x))]
fn flag_with_list() {}

#[measure(alloc = 3)]
fn alloc_with_value() {}

#[measure(cpu, cpu)]
fn cpu_twice() {}

#[measure(skip, alloc)]
fn skip_and_alloc() {}

#[measure(full err)]
fn no_comma() {}

#[measure("name")]
fn no_option() {}

#[measure(skip, full)]
fn skip_and_more() {}

fn main() {
    unknown();
    later_work();
    repeated();
    let _ = repeated_flag();
    no_name();
    no_string();
    empty_name();
    no_label();
    no_label_expression();
    flag_with_value();
    flag_with_list();
    alloc_with_value();
    cpu_twice();
    skip_and_alloc();
    no_comma();
    no_option();
    skip_and_more();
}
