//! Prints the reference's page of roles; `cargo xtask gen` keeps it.

fn main() {
    print!("{}", bailiwick_authority::roles());
}
