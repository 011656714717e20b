//! Prints the description of the HTTP interface; `cargo xtask gen` keeps it.

fn main() {
    println!("{}", bailiwick_authority::openapi());
}
