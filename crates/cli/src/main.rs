//! Bailiwick: identity and access for AI agents, in one binary.
fn main() -> std::process::ExitCode {
    bailiwick_cli::run()
}
