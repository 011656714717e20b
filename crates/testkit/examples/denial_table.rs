//! Prints the table of denials for programs; `cargo xtask gen` keeps it.

fn main() {
    println!("{}", bailiwick_testkit::denials::table());
}
