//! Prints the reference's page of denials; `cargo xtask gen` keeps it.

fn main() {
    print!("{}", bailiwick_testkit::denials::page());
}
