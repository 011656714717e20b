//! `bailiwick serve`: the authority and the gateway, until they are told to stop.

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::config::{Checked, Settings};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::{facts, note};
use crate::stop::Stop;
use crate::wire::{self, Role, Running, log};

/// Run the authority and the gateway.
///
/// SIGTERM and Ctrl-C stop them once open requests have ended. Log lines are JSON on standard
/// error; `BAILIWICK_LOG` sets the level.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bailiwick serve\n  bailiwick serve --check\n  \
    bailiwick serve --role gateway --config /etc/bailiwick/bailiwick.toml")]
pub(crate) struct Arguments {
    /// Say whether the configuration is good, and stop.
    #[arg(long)]
    check: bool,
    /// Which halves to run.
    #[arg(long, value_enum, default_value_t = Halves::All)]
    role: Halves,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Halves {
    /// Both.
    All,
    /// The authority, and the sequencer of the ledger.
    Authority,
    /// The gateway alone.
    Gateway,
}

pub(crate) async fn run(arguments: &Arguments, invocation: &Invocation) -> Result<(), Failure> {
    let Checked { settings, warnings } = invocation.configuration()?;
    for warning in &warnings {
        note(&format!("warning: {warning}"));
    }
    if arguments.check {
        say_checked(&settings, invocation);
        return Ok(());
    }
    log::begin()?;
    let mut stop = Stop::listen()?;
    let role = match arguments.role {
        Halves::All => Role::All,
        Halves::Authority => Role::Authority,
        Halves::Gateway => Role::Gateway,
    };
    let ledger = settings.data_dir.join("ledger");
    let started = wire::start(settings, role, invocation.sources()).await;
    let running = started.map_err(|fault| start_failure(&fault))?;
    say_running(&running, &ledger.display().to_string(), invocation);
    let name = stop.asked().await;
    tracing::info!(signal = name, "stopping: open requests may end");
    tokio::select! {
        () = running.stop() => tracing::info!("stopped"),
        _ = stop.asked() => tracing::warn!("stopped at once, as asked a second time"),
    }
    Ok(())
}

fn start_failure(fault: &wire::Fault) -> Failure {
    let failure = Failure::usage(fault);
    match fault {
        wire::Fault::File { .. } | wire::Fault::SealKey(_) => {
            failure.hint("`bailiwick init DIR` prepares a data directory")
        }
        wire::Fault::Listen { .. } => failure.hint("is another `bailiwick serve` running?"),
        _ => failure,
    }
}

fn say_checked(settings: &Settings, invocation: &Invocation) {
    let operations: usize = settings.apis.iter().map(|api| api.operations.len()).sum();
    let value = json!({ "valid": true, "apis": settings.apis.len(), "operations": operations });
    let file = invocation.config_file();
    invocation.output.say(&value, || {
        let apis = count(settings.apis.len(), "API");
        format!("{} is good: {apis}, {}", file.display(), count(operations, "operation"))
    });
}

fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

fn say_running(running: &Running, ledger: &str, invocation: &Invocation) {
    let gateway_address = running.gateway_addr().map(|address| address.to_string());
    let authority_address = running.authority_addr().map(|address| address.to_string());
    let beside_address = running.beside_addr().map(|address| address.to_string());
    let value = json!({
        "gateway": running.public_url(), "authority": running.issuer(),
        "listening": {
            "gateway": gateway_address, "authority": authority_address, "beside": beside_address,
        },
    });
    invocation.output.say(&value, || {
        let listens = |url: Option<&str>, address: Option<String>| match (url, address) {
            (Some(url), Some(address)) if url.ends_with(&address) => url.to_owned(),
            (Some(url), Some(address)) => format!("{url} (listening on {address})"),
            _ => String::new(),
        };
        let pairs = [
            ("gateway", listens(running.public_url(), gateway_address)),
            ("beside", beside_address.unwrap_or_default()),
            ("authority", listens(running.issuer(), authority_address)),
            ("ledger", ledger.to_owned()),
        ];
        format!("{}\nCtrl-C stops it once open requests have ended.", facts(&pairs))
    });
}
